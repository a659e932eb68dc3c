// Flat paths as a tree of folders.
import type { WorkspaceFile } from "@/wire";

export interface Folder {
  kind: "folder";
  name: string;
  path: string;
  children: Branch[];
}
export interface Leaf {
  kind: "file";
  name: string;
  path: string;
  file: WorkspaceFile;
}
export type Branch = Folder | Leaf;

/** Folders first, each level in alphabetical order. */
export function tree(files: readonly WorkspaceFile[]): Branch[] {
  const root: Folder = { kind: "folder", name: "", path: "", children: [] };
  for (const file of files) {
    const parts = file.path.split("/");
    const name = parts.pop() ?? file.path;
    let folder = root;
    for (const part of parts) folder = enter(folder, part);
    folder.children.push({ kind: "file", name, path: file.path, file });
  }
  return sorted(root.children);
}

function enter(folder: Folder, name: string): Folder {
  const known = folder.children.find((child) => child.kind === "folder" && child.name === name);
  if (known?.kind === "folder") return known;
  const made: Folder = { kind: "folder", name, path: folder.path === "" ? name : `${folder.path}/${name}`, children: [] };
  folder.children.push(made);
  return made;
}

function sorted(branches: Branch[]): Branch[] {
  for (const branch of branches) if (branch.kind === "folder") branch.children = sorted(branch.children);
  return branches.sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind === "folder" ? -1 : 1));
}
