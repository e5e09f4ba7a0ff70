using System.Runtime.Versioning;

// The tests send signals and read file modes.
[assembly: UnsupportedOSPlatform("windows")]
