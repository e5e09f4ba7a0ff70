using System.Collections.Immutable;
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
    /// Whether two heads that contradict each other may both be true: a restore lies between them in time, and this or
    /// another one, no later than both, is from below what they differ in. A home whose stores both went back, to an
    /// older set and then to a newer one, has forgotten the first time and tells the second alone.
    /// </summary>
    /// <param name="claims">What the home has signed of restores.</param>
    /// <param name="difference">What they differ in.</param>
    /// <param name="one">A head.</param>
    /// <param name="other">The other one.</param>
    internal static bool Explain(
        IEnumerable<RestoredClaim> claims, HeadDifference difference, AccountHead one, AccountHead other)
    {
        var until = claims.Where(c => c.Account == one.Account && c.Time <= Math.Max(one.Time, other.Time)).ToList();
        return until.Exists(c => c.LiesBetween(one, other))
            && until.Exists(c => difference.IsAbove(c.ChainSequence, c.ManifestVersion));
    }

    /// <summary>Whether one head of the account was told before the restore, and the other after it.</summary>
    internal bool LiesBetween(AccountHead one, AccountHead other) =>
        Account == one.Account && Math.Min(one.Time, other.Time) < Time && Time <= Math.Max(one.Time, other.Time);
}

/// <summary>A claim with the home server's signature (docs/protocol.md §7).</summary>
public sealed class SignedClaim
{
    /// <summary>The most that it has, in bytes.</summary>
    public const int MaxSize = 192;

    private readonly SignedBody _signed;

    private SignedClaim(ReadOnlyMemory<byte> bytes)
    {
        Bytes = bytes;
        _signed = SignedBody.Decode(bytes, MaxSize);
        Claim = RestoredClaim.Decode(_signed.Body);
    }

    /// <summary>All of it, as it travels and is kept.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What it says. Nothing of it counts before <see cref="IsSignedBy"/>.</summary>
    public RestoredClaim Claim { get; }

    /// <summary>Signs a claim.</summary>
    /// <param name="claim">The claim.</param>
    /// <param name="key">The home server's audit key.</param>
    public static SignedClaim Sign(RestoredClaim claim, SigningKey key) =>
        Decode(SignedBody.Sign(SignatureLabel.Restored, claim.Encode(), key));

    /// <summary>Reads a signed claim. Checks the shape only.</summary>
    /// <exception cref="WireFormatException">Not a signed claim.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static SignedClaim Decode(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether the home server of one of these audit keys has signed it.</summary>
    public bool IsSignedBy(IEnumerable<VerifyKey> homeKeys) =>
        homeKeys.Any(key => _signed.IsSignedBy(key, SignatureLabel.Restored));
}

/// <summary>The claims of restores that a reader believes: the home has signed them, of this account.</summary>
internal static class KnownClaims
{
    /// <summary>Adds what is told to what is known; the newest 16. What the home has not signed is nothing.</summary>
    /// <exception cref="WireFormatException">One of them is no claim.</exception>
    public static ImmutableArray<SignedClaim> Add(
        ImmutableArray<SignedClaim> known, IEnumerable<ReadOnlyMemory<byte>> told, AccountId account,
        IReadOnlyList<VerifyKey>? homeKeys)
    {
        var claims = known.ToList();
        foreach (var bytes in told)
        {
            if (claims.Any(claim => claim.Bytes.Span.SequenceEqual(bytes.Span))) continue;
            var claim = SignedClaim.Decode(bytes);
            if (claim.Claim.Account == account && (homeKeys is null || claim.IsSignedBy(homeKeys))) claims.Add(claim);
        }

        return [.. claims.OrderBy(claim => claim.Claim.Time).TakeLast(Limits.Claims)];
    }

    /// <summary>
    /// The newest claim that lets a vault stand beside the one that is known: it counts against what was known, and
    /// what is served has its place. Where the two part, any claim says: a home whose stores both went back has
    /// forgotten what it served before, and the reader has not.
    /// </summary>
    /// <param name="claims">The claims.</param>
    /// <param name="known">What was known.</param>
    /// <param name="shared">How many links both chains have.</param>
    /// <param name="links">How many links are served.</param>
    /// <param name="version">The version of the manifest that is served.</param>
    /// <param name="gapsEnd">The last version of the gaps that reach the known manifest; 0 where none does.</param>
    public static SignedClaim? FindFor(
        ImmutableArray<SignedClaim> claims, VerifiedVault known, int shared, int links, ulong version, ulong gapsEnd)
    {
        // What is known below a gap cannot be proved either, though the restore lost nothing of it.
        var end = Math.Max(known.Manifest.Manifest.Version, gapsEnd);
        // A chain that goes on from the known one does not differ, wherever the restore was.
        var below = shared == known.Links.Length ? (ulong)links : (ulong)shared;
        if (!claims.Any(c => c.Claim.ChainSequence < below && c.Claim.ManifestVersion < end)) return null;
        return claims.LastOrDefault(c => c.Claim.Time > known.Head.Head.Time
            && c.Claim.ChainSequence < (ulong)links && c.Claim.ManifestVersion <= version);
    }
}

/// <summary>The name of one restore of a server's data from a backup, 16 random bytes (docs/protocol.md §7).</summary>
public readonly record struct RestoreId
{
    /// <summary>The length in bytes: 16.</summary>
    public const int Size = Bytes16.Size;

    private readonly Bytes16 _bytes;

    /// <summary>Reads an id.</summary>
    /// <exception cref="WireFormatException">Not 16 bytes.</exception>
    public RestoreId(ReadOnlySpan<byte> bytes) => _bytes = new Bytes16(bytes);

    /// <summary>Draws an id.</summary>
    public static RestoreId Draw(IRandom random)
    {
        Span<byte> bytes = stackalloc byte[Bytes16.Size];
        random.Fill(bytes);
        return new RestoreId(bytes);
    }

    /// <summary>The 16 bytes.</summary>
    public byte[] ToArray() => _bytes.ToArray();

    /// <summary>Unpadded base64url, 22 characters.</summary>
    public override string ToString() => _bytes.ToString();
}

/// <summary>
/// What a restored server does not have as it was known (docs/protocol.md §7, Claim): the vault that was known is kept,
/// and told to the person.
/// </summary>
/// <param name="Claim">The home's claim that counts against it.</param>
/// <param name="Fault">What it would be without a claim.</param>
/// <param name="Known">The vault that was known.</param>
public sealed record RestoreConflict(SignedClaim Claim, ProtocolFault Fault, VerifiedVault Known);
