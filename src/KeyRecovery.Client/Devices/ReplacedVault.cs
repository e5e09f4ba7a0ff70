using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Devices;

/// <summary>A vault that a device had verified, and that a restored server does not have so any more.</summary>
/// <param name="Vault">The vault, whole.</param>
/// <param name="HashesTrail">The trail of the first manifest whose hash it has.</param>
/// <param name="RestoredAt">When the server was restored, in seconds since 1970.</param>
/// <param name="Fault">What the newer vault would be without the server's claim.</param>
internal sealed record ReplacedVault(VaultBundle Vault, Hash256 HashesTrail, ulong RestoredAt, ProtocolFault Fault)
{
    /// <summary>How many a device keeps.</summary>
    public const int Most = 4;

    private const int MaxBytes = Limits.RepairBytes + Limits.TrailRemembered * (Hash256.Size + 8);

    public static ReplacedVault Of(RestoreConflict conflict) => new(
        conflict.Known.ToBundle(), conflict.Known.HashesTrail, conflict.Claim.Claim.Time, conflict.Fault);

    /// <summary>
    /// With one more. Of too many the second goes: the first is what was known before anything was replaced, and no
    /// number of claims pushes it out before the person has seen it.
    /// </summary>
    public static ImmutableArray<ReplacedVault> Add(ImmutableArray<ReplacedVault> known, ReplacedVault next) =>
        known.Length < Most ? known.Add(next) : known.RemoveAt(1).Add(next);

    public void Write(CborOut writer) => writer.Array(4)
        .Bytes(Vault.Encode()).Bytes(HashesTrail).UInt(RestoredAt).Text(RuleWords.Of(Fault));

    public static ReplacedVault Read(CborIn reader)
    {
        reader.Array(4);
        var vault = VaultBundle.Decode(reader.BytesView(1, MaxBytes).ToArray());
        var (trail, at, word) = (reader.Hash(), reader.UInt(), reader.Text(1, 64));
        var fault = Enum.GetValues<ProtocolFault>()
            .FirstOrDefault(f => f != ProtocolFault.None && RuleWords.Of(f) == word);
        return new ReplacedVault(vault, trail, at, fault);
    }
}
