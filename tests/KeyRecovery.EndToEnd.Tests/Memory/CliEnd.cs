using System.Text.Json;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>What a command left.</summary>
/// <param name="Cli">Whose it was.</param>
/// <param name="Command">Its words.</param>
/// <param name="Image">A file with its memory, as it was when it ended.</param>
/// <param name="Output">What it told last.</param>
internal sealed record CliEnd(CliLife Cli, string Command, string Image, JsonElement Output)
{
    /// <summary>A member of what it told.</summary>
    public string Text(string member) => Output.GetProperty(member).GetString()!;
}
