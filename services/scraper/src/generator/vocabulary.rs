//! Words that invented names and texts are made of.

pub(super) const COLOURS: [&str; 20] = [
    "amber", "azure", "beige", "coral", "crimson", "cyan", "ebony", "emerald", "golden", "indigo",
    "ivory", "jade", "lilac", "maroon", "olive", "pearl", "russet", "sable", "teal", "umber",
];

pub(super) const ANIMALS: [&str; 25] = [
    "badger", "bittern", "curlew", "dormouse", "egret", "finch", "gannet", "heron", "ibex",
    "jackdaw", "kestrel", "lapwing", "marten", "newt", "otter", "petrel", "quail", "raven",
    "stoat", "tern", "vole", "wagtail", "weasel", "wren", "yak",
];

pub(super) const TRADES: [&str; 12] = [
    "cooperage",
    "dairy",
    "forge",
    "foundry",
    "glassworks",
    "granary",
    "kiln",
    "loom",
    "mill",
    "quarry",
    "sawmill",
    "tannery",
];

pub(super) const THINGS: [&str; 20] = [
    "anchor", "beacon", "compass", "derrick", "easel", "ferry", "gasket", "hammock", "inkwell",
    "jigsaw", "kettle", "lantern", "mosaic", "needle", "oar", "pulley", "quilt", "rudder",
    "sextant", "trellis",
];

pub(super) const ROLES: [&str; 12] = [
    "agent", "api", "cli", "core", "docs", "engine", "kit", "lib", "operator", "plugin", "server",
    "ui",
];

pub(super) const VERBS: [&str; 14] = [
    "add", "bump", "clarify", "correct", "document", "drop", "extract", "fix", "inline", "rename",
    "simplify", "speed up", "test", "tidy",
];

pub(super) const WORDS: [&str; 40] = [
    "a", "after", "all", "and", "are", "be", "before", "buffer", "cache", "case", "check",
    "client", "code", "default", "error", "every", "file", "for", "from", "header", "in", "is",
    "it", "line", "name", "not", "of", "on", "parser", "release", "request", "should", "that",
    "the", "this", "time", "to", "version", "when", "with",
];
