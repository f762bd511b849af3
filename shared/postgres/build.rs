//! A new migration is a file that no source names: without this the program
//! would be built without it until something else changed.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
