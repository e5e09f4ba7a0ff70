using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// A home server's word that an account's data came back from a backup (docs/protocol.md §7, Claim): what it told later
/// than the place, and before the time, it may not have any more.
/// </summary>
/// <param name="Restore">Which restore.</param>
/// <param name="Account">The account.</param>
/// <param name="ChainSequence">The newest link as restored; 0 where all was lost.</param>
/// <param name="ManifestVersion">The newest manifest as restored; 0 where all was lost.</param>
/// <param name="Time">The server's clock at the restore, in seconds since 1970.</param>
public sealed record RestoredClaim(
    RestoreId Restore, AccountId Account, ulong ChainSequence, ulong ManifestVersion, ulong Time)
{
    private const int Fields = 7;

    /// <summary>The bytes that are signed.</summary>
    public byte[] Encode() => new CborOut().Array(Fields)
        .Text(Labels.Restored).UInt(FormatVersion.Current).Bytes(Restore.ToArray()).Bytes(Account)
        .UInt(ChainSequence).UInt(ManifestVersion).UInt(Time).ToArray();

    /// <summary>Reads a body.</summary>
    /// <exception cref="WireFormatException">Not a claim.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static RestoredClaim Decode(ReadOnlyMemory<byte> body)
    {
        var reader = new CborIn(body);
        reader.Structure(Labels.Restored, Fields);
        var claim = new RestoredClaim(
            new RestoreId(reader.BytesView(RestoreId.Size, RestoreId.Size).Span), reader.Account(), reader.UInt(),
            reader.UInt(), reader.UInt());
        reader.End();
        return claim;
    }

    /// <summary>
    /// Whether two heads that contradict each other may both be true: one was told before the restore, the other not,
    /// and they differ above its place.
    /// </summary>
    internal bool Explains(HeadDifference difference, AccountHead one, AccountHead other) =>
        Account == one.Account && difference.IsAbove(ChainSequence, ManifestVersion)
        && Math.Min(one.Time, other.Time) < Time && Time <= Math.Max(one.Time, other.Time);
}
