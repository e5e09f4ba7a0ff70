using System.Security.Cryptography;
using KeyRecovery.Api.Hosting;
using KeyRecovery.Api.Stores;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>A device or a slot with its keys. To a server a code is no more than a slot's keys.</summary>
internal sealed class Party
{
    private Party(AuthorityKind kind, ReadOnlyMemory<byte> parameters = default)
    {
        Parameters = parameters;
        Kind = kind;
        Id = new AuthorityId(RandomNumberGenerator.GetBytes(16));
        Signing = SigningKey.FromSeed(RandomNumberGenerator.GetBytes(SigningKey.SeedSize));
        Kem = KemPrivateKey.FromSeed(RandomNumberGenerator.GetBytes(KemPrivateKey.SeedSize));
    }

    public AuthorityKind Kind { get; }

    public AuthorityId Id { get; init; }

    public ReadOnlyMemory<byte> Parameters { get; }

    public SigningKey Signing { get; }

    public KemPrivateKey Kem { get; }

    public (NewAuthority Entry, KemPublicKey KemKey) Entry =>
        (NewAuthority.Of(Id, Kind, Signing.PublicKey, Kem.PublicKey) with { Parameters = Parameters }, Kem.PublicKey);

    public static Party Device() => new(AuthorityKind.Device);

    public static Party Code(AuthorityId? id = null) =>
        id is { } taken ? new(AuthorityKind.Code) { Id = taken } : new(AuthorityKind.Code);

    public static Party Passphrase(ReadOnlyMemory<byte> parameters) => new(AuthorityKind.Passphrase, parameters);

    /// <summary>Signs requests as this device of the account, or as this slot.</summary>
    public Signer Of(AccountId account) =>
        new(Kind == AuthorityKind.Device ? KeyId.OfDevice(account, Id) : KeyId.OfSlot(Id), Signing);

    /// <summary>The commit that begins an account with this device.</summary>
    public CommitBundle Begin(string app, params Party[] slots)
    {
        var draft = ChainLinkDraft.Begin(app, Entry, [.. slots.Select(s => s.Entry)], Now, SystemRandom.Instance);
        var manifest = ManifestDraft.First(draft, new ManifestChange(), Signing, SystemRandom.Instance);
        return new CommitBundle(draft.Sign(Signing, Proofs(draft, [this, .. slots])), draft.Keyset, manifest, []);
    }

    public static ulong Now => (ulong)DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    public static Dictionary<AuthorityId, byte[]> Proofs(ChainLinkDraft draft, params Party[] added) =>
        added.ToDictionary(p => p.Id, p => ChainLinkDraft.ProvePossession(p.Signing, draft.Body));
}
