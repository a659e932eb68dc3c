// Indexed code and reviews of the core in memory.
import type { CodeFound, Event, IndexedRepository, Reviewed, ReviewFinding } from "@/wire";
import { Failure } from "../failure";
import { ago } from "./data";
import { found, pause, type Part } from "./handlers";

const HOUR = 3_600_000;

const PIECES: CodeFound[] = [
  {
    repository: "shop",
    path: "src/auth/login.ts",
    first_line: 41,
    last_line: 58,
    name: "signIn",
    kind: "function",
    text: 'export async function signIn(email: string, password: string): Promise<Session> {\n  const user = await users.byEmail(email.trim().toLowerCase());\n  // A wrong address takes as long as a wrong password.\n  const hash = user?.hash ?? DUMMY;\n  if (!(await verify(hash, password)) || !user) {\n    await attempts.failed(email);\n    throw new Refused("the address or the password is wrong");\n  }\n  return sessions.begin(user.id);\n}',
    score: 0.97,
  },
  {
    repository: "shop",
    path: "src/auth/attempts.ts",
    first_line: 12,
    last_line: 24,
    name: "Attempts.failed",
    kind: "method",
    text: "  async failed(email: string): Promise<void> {\n    const count = (this.#counts.get(email) ?? 0) + 1;\n    this.#counts.set(email, count);\n    if (count >= MOST) this.#locked.set(email, Date.now() + LOCK_MS * 2 ** (count - MOST));\n  }",
    score: 0.81,
  },
  {
    repository: "ledger",
    path: "ledger/accounts.py",
    first_line: 88,
    last_line: 97,
    name: "authenticate",
    kind: "function",
    text: 'def authenticate(name: str, secret: str) -> Account | None:\n    """The account whose secret this is; None takes as long as a match."""\n    account = store.find(name)\n    expected = account.digest if account else EMPTY\n    if not hmac.compare_digest(expected, digest(secret)):\n        return None\n    return account',
    score: 0.64,
  },
];

function repository(name: string, files: number, hours: number): IndexedRepository {
  return { name, files, pieces: files * 9, bytes: files * 6_200, indexed_at: ago(hours * HOUR) };
}

const INJECTION: ReviewFinding = {
  rule: "sql-from-strings",
  severity: "critical",
  line: 2,
  title: "SQL is built from strings",
  why: "Who chooses the name chooses the statement.",
  fix: "Bind the value: `execute(\"… WHERE name = ?\", (name,))`.",
};

function reviewed(code: string): Reviewed {
  const injected = /execute\(.*\+/.test(code);
  const findings = injected ? [INJECTION] : [];
  return {
    approved: !injected,
    score: injected ? 48 : 91,
    coverage: 80,
    summary: injected ? "REJECTED: code quality is below the threshold (48/100), sufficient tests (3), 1 critical issue." : "APPROVED: code quality meets the threshold (91/100), sufficient tests (3), no critical issues detected.",
    reasoning: injected ? "The injection was conceded by both sides; nothing in the call path limits what `name` may hold." : "The one point that was raised is bounded by the caller, and a test holds it.",
    findings,
    issues: injected
      ? [
          { severity: "critical", description: "SQL is built from strings. Who chooses the name chooses the statement.", location: "line 2" },
          { severity: "medium", description: "An unknown name gives None, which the caller does not expect.", location: "line 3" },
        ]
      : [],
    recommendations: injected ? ["Bind the value instead of adding it to the statement.", "Say what happens when nobody has this name."] : ["Name the unit of the result."],
    tests: [
      { name: "a name with a quote", description: "`' OR 1=1 --` finds nobody.", kind: "security" },
      { name: "an unknown name", description: "Nobody is found, and that is said.", kind: "unit" },
      { name: "an ordinary name", description: "The row of that name comes back.", kind: "unit" },
    ],
    debate: {
      points: [
        { id: "P1", severity: injected ? "critical" : "low", location: "line 2", attack: injected ? "`x' OR '1'='1` returns every user; `'; DROP TABLE users; --` ends worse." : "A negative radius is squared without a word.", answer: injected ? "conceded" : "refuted", because: injected ? "No caller escapes the name." : "The check above raises before.", stands: injected },
        { id: "P2", severity: "medium", location: "line 3", attack: "`fetchone()` gives None for an unknown name; the caller reads `row[0]`.", answer: "bounded", because: "The page lists known names only, but the API does not.", stands: true },
      ],
      challenger: ["A page is no guard: the same handler answers the API."],
      defender: ["Agreed for P1. For P2 a test with an unknown name decides it."],
    },
    log: [],
  };
}

function hearing({ findings, debate, tests, coverage, score, reasoning }: Reviewed): Pick<Extract<Event, { type: "review_heard" }>, "by" | "said">[] {
  const points = debate?.points ?? [];
  return [
    { by: "rules", said: [`${findings.length} findings.`] },
    { by: "challenger", said: points.map(({ id, severity, location, attack }) => `${id} (${severity}, ${location}): ${attack}`) },
    { by: "defender", said: [...points.map(({ id, answer, because }) => `${id}: ${answer}, ${because}`), `Proposing ${tests.length} test cases, coverage ${coverage} %.`] },
    { by: "challenger", said: debate?.challenger ?? [] },
    { by: "defender", said: debate?.defender ?? [] },
    { by: "judge", said: [`Quality score ${score}/100. ${reasoning}`] },
  ];
}

export function code(bare: boolean, publish: (event: Event) => void, speed: number): Part<"code"> {
  let all = bare ? [] : [repository("ledger", 118, 30), repository("shop", 412, 3)];
  const stopped = new Set<string>();
  return {
    "code.repositories": () => all,
    "code.index": async ({ folder, repository: named }) => {
      if (folder.includes("nowhere")) throw new Failure("not_found", `the folder ${folder} cannot be read: No such file or directory`);
      const name = named ?? folder.split("/").filter(Boolean).at(-1) ?? "code";
      for (let files = 0; files < 256; files += 64) {
        publish({ type: "code_indexed", repository: name, files: files + 64, of: 256 });
        await pause(speed * 20);
        if (stopped.delete(name)) throw new Failure("cancelled", "cancelled");
      }
      all = [...all.filter((one) => one.name !== name), repository(name, 256, 0)].sort((a, b) => a.name.localeCompare(b.name));
      return { repository: name, files: 256, unchanged: 0, pieces: 256 * 9, removed: 0, bytes: 256 * 6_200 };
    },
    "code.stop_indexing": ({ repository: name }) => {
      stopped.add(name);
      return {};
    },
    "code.forget": ({ repository: name }) => {
      found(all.find((one) => one.name === name), "repository");
      all = all.filter((one) => one.name !== name);
      return {};
    },
    "code.search": ({ query, repository: only }) => (query.includes("nothing") ? [] : PIECES.filter((piece) => only === null || piece.repository === only)),
    "code.review": async ({ code: text, id }) => {
      const review = reviewed(text);
      for (const { by, said } of hearing(review)) {
        await pause(speed * 12);
        if (id) publish({ type: "review_heard", review: id, by, said });
      }
      return review;
    },
  };
}
