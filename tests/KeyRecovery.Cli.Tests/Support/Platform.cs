using System.Runtime.Versioning;

// The tests send signals, read file modes and use pseudo-terminals.
[assembly: UnsupportedOSPlatform("windows")]
