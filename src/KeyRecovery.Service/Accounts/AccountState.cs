using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>The account row: heads, active authorities and counters. Writing it is a commit's commit point.</summary>
public sealed record AccountState
{
    /// <summary>How many removed devices are remembered, so that they hear that they were removed.</summary>
    public const int RememberedDevices = 64;

    private const string RowLabel = "account-row";

    /// <summary>The account.</summary>
    public required AccountId Account { get; init; }

    /// <summary>The app user that it belongs to.</summary>
    public required AppUser User { get; init; }

    /// <summary>The newest link.</summary>
    public required LinkPlace Chain { get; init; }

    /// <summary>The current epoch.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>SHA-256 of the current keyset.</summary>
    public required Hash256 KeysetHash { get; init; }

    /// <summary>The current manifest's version.</summary>
    public required ulong ManifestVersion { get; init; }

    /// <summary>The current manifest's hash.</summary>
    public required Hash256 ManifestHash { get; init; }

    /// <summary>Who may act.</summary>
    public required ImmutableSortedDictionary<AuthorityId, AccountAuthority> Authorities { get; init; }

    /// <summary>The devices that were removed, the newest last, at most 64.</summary>
    public ImmutableArray<(AuthorityId Id, VerifyKey Key)> Removed { get; init; } = [];

    /// <summary>The newest link that removed somebody.</summary>
    public LinkPlace? LastRemoval { get; init; }

    /// <summary>The day (since 1970, UTC) that <see cref="LinksThatDay"/> counts.</summary>
    public ulong LinkDay { get; init; }

    /// <summary>Links accepted on that day.</summary>
    public int LinksThatDay { get; init; }

    /// <summary>What is told to clients.</summary>
    public Heads Heads => new(
        Account, Chain, ManifestVersion, ManifestHash,
        Authorities.ToImmutableSortedDictionary(a => a.Key, a => a.Value.TrustedFrom));

    internal byte[] Encode()
    {
        var writer = new CborOut().Array(16).Text(RowLabel).UInt(1)
            .Bytes(Account).Text(User.App).Text(User.Issuer).Text(User.Subject)
            .UInt(Chain.Sequence).Bytes(Chain.Hash).UInt(Epoch).Bytes(KeysetHash)
            .UInt(ManifestVersion).Bytes(ManifestHash);
        writer.Array(Authorities.Count);
        foreach (var a in Authorities.Values)
            writer.Array(5).Bytes(a.Id).UInt((ulong)a.Kind).Bytes(a.SigningKey.ToArray()).UInt(a.AddedAt).UInt(a.TrustedFrom);
        writer.Array(Removed.Length);
        foreach (var (id, key) in Removed) writer.Array(2).Bytes(id).Bytes(key.ToArray());
        OptionalPlace.Write(writer, LastRemoval);
        return writer.Array(2).UInt(LinkDay).UInt((ulong)LinksThatDay).ToArray();
    }

    internal static AccountState Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.Array(16);
        reader.Label(RowLabel);
        reader.UInt(1);
        var state = new AccountState
        {
            Account = reader.Account(),
            User = new AppUser(reader.Text(1, 64), reader.Text(1, 2048), reader.Text(1, 256)),
            Chain = new LinkPlace(reader.UInt(), reader.Hash()),
            Epoch = reader.UInt(),
            KeysetHash = reader.Hash(),
            ManifestVersion = reader.UInt(),
            ManifestHash = reader.Hash(),
            Authorities = ReadAuthorities(reader),
            Removed = ReadRemoved(reader),
            LastRemoval = OptionalPlace.Read(reader),
        };
        reader.Array(2);
        state = state with { LinkDay = reader.UInt(), LinksThatDay = (int)reader.UInt(int.MaxValue) };
        reader.End();
        return state;
    }

    private static ImmutableSortedDictionary<AuthorityId, AccountAuthority> ReadAuthorities(CborIn reader)
    {
        var count = reader.Array(1, Limits.Authorities);
        var authorities = ImmutableSortedDictionary.CreateBuilder<AuthorityId, AccountAuthority>();
        for (var i = 0; i < count; i++)
        {
            reader.Array(5);
            var authority = new AccountAuthority(
                reader.Authority(), (AuthorityKind)reader.UInt(5), VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span), reader.UInt(), reader.UInt());
            authorities.Add(authority.Id, authority);
        }
        return authorities.ToImmutable();
    }

    private static ImmutableArray<(AuthorityId, VerifyKey)> ReadRemoved(CborIn reader)
    {
        var count = reader.Array(0, RememberedDevices);
        var removed = ImmutableArray.CreateBuilder<(AuthorityId, VerifyKey)>(count);
        for (var i = 0; i < count; i++)
        {
            reader.Array(2);
            removed.Add((reader.Authority(), VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span)));
        }
        return removed.MoveToImmutable();
    }
}
