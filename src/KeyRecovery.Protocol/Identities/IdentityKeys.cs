using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Identities;

/// <summary>
/// An account's own keys, for apps that seal to other people (docs/protocol.md §19): Ed25519 and X-Wing, from two seeds
/// of 32 bytes that every device of the account has. Zeroed on disposal, prints <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay(Redacted.Text)]
public sealed class IdentityKeys : IDisposable
{
    private const int Fields = 4;

    private readonly SecretBytes _signingSeed;
    private readonly SecretBytes _kemSeed;

    private IdentityKeys(AccountId account, SecretBytes signingSeed, SecretBytes kemSeed)
    {
        (Account, _signingSeed, _kemSeed) = (account, signingSeed, kemSeed);
        Signing = SigningKey.FromSeed(signingSeed.Span);
        Kem = KemPrivateKey.FromSeed(kemSeed.Span);
    }

    /// <summary>Whose they are.</summary>
    public AccountId Account { get; }

    /// <summary>The key that others verify.</summary>
    public VerifyKey PublicKey => Signing.PublicKey;

    /// <summary>The key that others seal to.</summary>
    public KemPublicKey KemKey => Kem.PublicKey;

    internal SigningKey Signing { get; }

    internal KemPrivateKey Kem { get; }

    /// <summary>Draws new ones.</summary>
    public static IdentityKeys Create(AccountId account, IRandom random) => new(
        account, SecretBytes.Random(SigningKey.SeedSize, random),
        SecretBytes.Random(KemPrivateKey.SeedSize, random));

    /// <summary>Reads the content of an item that holds the seeds; the caller zeroes it.</summary>
    /// <exception cref="WireFormatException">Not seeds.</exception>
    /// <exception cref="UpgradeRequiredException">A version that this program does not know.</exception>
    public static IdentityKeys Decode(AccountId account, ReadOnlyMemory<byte> content)
    {
        var reader = new CborIn(content);
        reader.Structure(Labels.IdentitySeeds, Fields);
        var signing = reader.BytesView(SigningKey.SeedSize, SigningKey.SeedSize);
        var kem = reader.BytesView(KemPrivateKey.SeedSize, KemPrivateKey.SeedSize);
        reader.End();
        return new IdentityKeys(account, SecretBytes.Copy(signing.Span), SecretBytes.Copy(kem.Span));
    }

    /// <summary>The content of the item that holds the seeds.</summary>
    public SecretBytes Encode() => SecretBytes.Take(
        CborOut.OfSecrets().Array(Fields).Text(Labels.IdentitySeeds).UInt(FormatVersion.Current)
            .Bytes(_signingSeed.Span).Bytes(_kemSeed.Span));

    /// <inheritdoc/>
    public void Dispose()
    {
        Signing.Dispose();
        Kem.Dispose();
        _signingSeed.Dispose();
        _kemSeed.Dispose();
    }

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
