using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Passphrases;

/// <summary>
/// A passphrase slot's public parameters, as they stand in the link that adds it (docs/protocol.md §14.2). What exists
/// as this type was checked: profile and threshold within their limits, realms all different, share keys on one
/// polynomial.
/// </summary>
public sealed record PassphraseParameters
{
    private PassphraseParameters(StretchProfile profile, int threshold, ImmutableArray<RealmShare> realms) =>
        (Profile, Threshold, Realms) = (profile, threshold, realms);

    /// <summary>What one guess costs.</summary>
    public StretchProfile Profile { get; }

    /// <summary>How many realms must answer; more than half of them.</summary>
    public int Threshold { get; }

    /// <summary>1 to 8 realms; the first has index 1.</summary>
    public ImmutableArray<RealmShare> Realms { get; }

    /// <summary>Joins and checks the parts.</summary>
    /// <exception cref="ArgumentException">They break a rule of §14.2.</exception>
    public static PassphraseParameters Create(StretchProfile profile, int threshold, ImmutableArray<RealmShare> realms)
    {
        if (FindFault(profile, threshold, realms) is { } rule) Throw.Argument(nameof(realms), rule);
        return new PassphraseParameters(profile, threshold, realms);
    }

    /// <summary>
    /// Whether a slot of <paramref name="realms"/> realms may have that threshold: n/2 &lt; t ≤ n, 1 ≤ n ≤ 8.
    /// </summary>
    public static bool IsThreshold(int threshold, int realms) =>
        realms is >= 1 and <= RealmLimits.Realms && threshold <= realms && 2 * threshold > realms;

    /// <summary>The bytes for the link, at most 1,024.</summary>
    public byte[] Encode()
    {
        var writer = new CborOut().Array(7).Text(Labels.PassphraseSlot).UInt(1)
            .UInt((ulong)Profile.Passes).UInt((ulong)Profile.MemoryKiB).UInt((ulong)Profile.Lanes)
            .UInt((ulong)Threshold)
            .Array(Realms.Length);
        foreach (var realm in Realms) writer.Array(2).Bytes(realm.Realm).Bytes(realm.ShareKey.ToArray());
        return writer.ToArray();
    }

    /// <summary>
    /// Reads and checks the bytes; false for whatever a client must not use and a server must not accept.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out PassphraseParameters? parameters)
    {
        (parameters, _) = Read(bytes);
        return parameters is not null;
    }

    /// <summary>Reads and checks the bytes, or says why they must not be used.</summary>
    /// <returns>The parameters and no fault; or null and <see cref="ProtocolFault.SlotParameters"/>, or for another
    /// version <see cref="ProtocolFault.UpgradeRequired"/>.</returns>
    public static (PassphraseParameters? Parameters, ProtocolFault Fault) Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var read = Decode(bytes);
            return FindFault(read.Profile, read.Threshold, read.Realms) is null
                ? (read, ProtocolFault.None) : (null, ProtocolFault.SlotParameters);
        }
        catch (WireFormatException)
        {
            return (null, ProtocolFault.SlotParameters);
        }
        catch (UpgradeRequiredException)
        {
            return (null, ProtocolFault.UpgradeRequired);
        }
    }

    /// <inheritdoc/>
    public bool Equals(PassphraseParameters? other) =>
        other is not null && Encode().AsSpan().SequenceEqual(other.Encode());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Profile, Threshold, Realms.Length);

    private static PassphraseParameters Decode(ReadOnlyMemory<byte> bytes)
    {
        WireFormatException.Require(bytes.Length <= Limits.ParameterBytes, "at most 1,024 bytes");
        var reader = RealmBody.Open(bytes, 7, Labels.PassphraseSlot);
        var profile = new StretchProfile(
            (int)reader.UInt(int.MaxValue), (int)reader.UInt(int.MaxValue), (int)reader.UInt(int.MaxValue));
        var threshold = (int)reader.UInt(RealmLimits.Realms);
        var realms = ImmutableArray.CreateBuilder<RealmShare>();
        for (var left = reader.Array(1, RealmLimits.Realms); left > 0; left--)
        {
            reader.Array(2);
            var realm = reader.Hash();
            WireFormatException.Require(
                OprfElement.TryParse(reader.BytesView(OprfElement.Size, OprfElement.Size).Span, out var key),
                "a canonical element that is not the identity");
            realms.Add(new RealmShare(realm, key));
        }
        reader.End();
        return new PassphraseParameters(profile, threshold, realms.ToImmutable());
    }

    private static string? FindFault(StretchProfile profile, int threshold, ImmutableArray<RealmShare> realms)
    {
        if (!profile.IsAllowed) return "the profile is outside the limits";
        if (!IsThreshold(threshold, realms.Length)) return "more than half of 1 to 8 realms must answer";
        if (realms.Select(r => r.Realm).Distinct().Count() != realms.Length) return "the realms must all be different";
        return ShareKeys.AreConsistent([.. realms.Select(r => r.ShareKey)], threshold)
            ? null : "the share keys must lie on one polynomial";
    }
}
