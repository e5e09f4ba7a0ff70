using System.Text.Json.Nodes;

namespace KeyRecovery.Testing.Emulators;

/// <summary>What a <see cref="PlayedVault"/> answers.</summary>
/// <param name="Status">The status.</param>
/// <param name="Error">The code of what is wrong; null for none.</param>
public sealed record VaultAnswer(int Status, string? Error = null)
{
    /// <summary>The body; null for none.</summary>
    public JsonObject? Body { get; init; }

    /// <summary>A header; null for none.</summary>
    public (string Name, string Value)? Header { get; init; }
}
