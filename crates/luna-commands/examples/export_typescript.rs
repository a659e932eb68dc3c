//! Writes the TypeScript of the command table into the folder given as the argument. `cargo xtask codegen` runs it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder to write into")?;
    std::fs::create_dir_all(&folder)?;
    luna_commands::Table::export(std::path::Path::new(&folder))?;
    Ok(())
}
