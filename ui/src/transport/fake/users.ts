// The users of a business, of the core in memory.
import type { User, UsersView } from "@/wire";
import { Failure } from "../failure";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const HOUR = 3_600_000;
const TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIwMTk5IiwidXNlcm5hbWUiOiJhbGljZSJ9.x5Qb7m1zq0vYtR2kLw8uJc";

export function users(bare: boolean): Part<"users"> {
  const user = (id: string, username: string, hours: number, more: Partial<User> = {}): User => ({ id, username, role: "user", pace: null, created_at: ago(hours * HOUR), ...more });
  let all: User[] = bare ? [] : [user("u1", "alice", 900, { role: "admin" }), user("u2", "bob", 320), user("u3", "build server", 40, { pace: { per_minute: 600, burst: 100 } })];
  const change = (id: string, more: Partial<User>): User => {
    all = all.map((one) => (one.id === id ? { ...one, ...more } : one));
    return found(all.find((one) => one.id === id), "user");
  };
  return {
    "users.list": (): UsersView => ({ users: all, pace: { per_minute: 60, burst: 20 } }),
    "users.create": ({ username, role }) => {
      if (all.some((one) => one.username.toLowerCase() === username.toLowerCase())) throw new Failure("conflict", "a user with this name exists already");
      const made = user(crypto.randomUUID(), username, 0, { role });
      all = [...all, made];
      return { user: made, token: TOKEN };
    },
    "users.delete": ({ user }) => {
      all = all.filter((one) => one.id !== user);
      return {};
    },
    "users.rotate_token": ({ user }) => {
      change(user, {});
      return { token: TOKEN };
    },
    "users.set_pace": ({ user, pace }) => change(user, { pace }),
  };
}
