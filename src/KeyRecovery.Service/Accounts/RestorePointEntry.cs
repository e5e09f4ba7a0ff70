using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Clocks;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// A state that the account can go back to (docs/protocol.md §7): its manifest's row is kept, and the seals of its
/// epoch.
/// </summary>
/// <param name="Manifest">The manifest of that state.</param>
/// <param name="ChainSequence">The newest link then.</param>
/// <param name="Epoch">The epoch then.</param>
/// <param name="At">When the commit came that it stands before, in seconds since 1970.</param>
/// <param name="Authority">Whose young point it is; null for one before a link.</param>
/// <param name="Until">When it goes, in seconds since 1970; 0 where that is not known.</param>
public sealed record RestorePointEntry(
    ManifestPlace Manifest, ulong ChainSequence, ulong Epoch, ulong At, AuthorityId? Authority, ulong Until)
{
    /// <summary>How long a young point outlives its authority's youth, or its removal, in seconds: 30 days.</summary>
    public const ulong SecondsAfter = 30UL * 24 * 60 * 60;

    /// <summary>
    /// Of a state in whose place a repair came: the head that the server signed of it. Empty for others.
    /// </summary>
    public ReadOnlyMemory<byte> Head { get; init; }

    /// <summary>Whether a repair came in its place, so that no trail leads from it.</summary>
    public bool IsReplaced => !Head.IsEmpty;

    /// <summary>Whether it stands before a link of somebody trusted.</summary>
    public bool IsOfLink => Authority is null && !IsReplaced;

    /// <summary>Whether its time is over.</summary>
    /// <param name="now">The server's clock.</param>
    public bool HasEnded(Moment now) => Until != 0 && now.HasReached(Until);

    internal void Write(CborOut writer) => writer.Array(8)
        .UInt(Manifest.Version).Bytes(Manifest.Hash).UInt(ChainSequence).UInt(Epoch).UInt(At)
        .Bytes(Authority is { } id ? id.ToArray() : []).UInt(Until).Bytes(Head.Span);

    internal static RestorePointEntry Read(CborIn reader)
    {
        reader.Array(8);
        return new RestorePointEntry(
            new ManifestPlace(reader.UInt(), reader.Hash()), reader.UInt(), reader.UInt(), reader.UInt(),
            ManifestRow.ReadId(reader), reader.UInt())
        {
            Head = reader.BytesView(0, SignedHead.MaxSize),
        };
    }
}
