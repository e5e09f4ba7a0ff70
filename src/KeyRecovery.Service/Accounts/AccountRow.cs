using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// How an account row is written. About 1 KiB for a small account; 512 authorities ever make 12 KiB of names.
/// </summary>
internal static class AccountRow
{
    private const string RowLabel = "account-row";
    private const int Fields = 22;

    public static byte[] Encode(this AccountState state)
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(2)
            .Bytes(state.Account).Text(state.User.App).Text(state.User.Issuer).Text(state.User.Subject)
            .UInt(state.Chain.Sequence).Bytes(state.Chain.Hash).Bytes(state.LinkChunk)
            .UInt(state.Epoch).Bytes(state.EpochCommit).Bytes(state.KeysetHash)
            .UInt(state.ManifestVersion).Bytes(state.ManifestHash);
        writer.Array(state.Authorities.Count);
        foreach (var authority in state.Authorities.Values) Write(writer, authority);
        writer.Bytes(state.Used.Packed.Span).Array(state.Removed.Length);
        foreach (var (id, key) in state.Removed) writer.Array(2).Bytes(id).Bytes(key.ToArray());
        OptionalPlace.Write(writer, state.LastRemoval);
        writer.Array(2).UInt(state.LinkDay).UInt((ulong)state.LinksThatDay);
        writer.Array(2).Bytes(state.Trail.Chunk is { } chunk ? chunk.ToArray() : []).Bytes(state.Trail.Packed.Span);
        writer.Array(state.Staged.Length);
        foreach (var (hash, size, at) in state.Staged) writer.Array(3).Bytes(hash).UInt((ulong)size).UInt(at);
        return writer.Array(2).UInt((ulong)state.LiveBytes).UInt((ulong)state.KeptBytes).ToArray();
    }

    public static AccountState Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.Array(Fields);
        reader.Label(RowLabel);
        reader.UInt(2);
        var state = new AccountState
        {
            Account = reader.Account(),
            User = new AppUser(reader.Text(1, 64), reader.Text(1, 2048), reader.Text(1, 256)),
            Chain = new ChainPlace(reader.UInt(), reader.Hash()),
            LinkChunk = reader.Hash(),
            Epoch = reader.UInt(),
            EpochCommit = reader.Hash(),
            KeysetHash = reader.Hash(),
            ManifestVersion = reader.UInt(),
            ManifestHash = reader.Hash(),
            Authorities = ReadAuthorities(reader),
            Used = UsedNames.FromPacked(reader.BytesView(0, int.MaxValue)),
            Removed = ReadRemoved(reader),
            LastRemoval = OptionalPlace.Read(reader),
        };
        reader.Array(2);
        state = state with { LinkDay = reader.UInt(), LinksThatDay = (int)reader.UInt(int.MaxValue) };
        reader.Array(2);
        var chunk = reader.BytesView(0, Hash256.Size);
        state = state with
        {
            Trail = new Trail(
                chunk.IsEmpty ? null : new Hash256(chunk.Span), reader.BytesView(0, Trail.Tail * Trail.EntrySize)),
            Staged = ReadStaged(reader),
        };
        reader.Array(2);
        state = state with { LiveBytes = (long)reader.UInt(), KeptBytes = (long)reader.UInt() };
        reader.End();
        return state;
    }

    private static void Write(CborOut writer, AccountAuthority a) => writer.Array(7)
        .Bytes(a.Id).UInt((ulong)a.Kind).Bytes(a.SigningKey.ToArray()).Bytes(a.KemKeyHash).UInt(a.MaxFormat)
        .UInt(a.AddedAt).UInt(a.TrustedFrom);

    private static ImmutableSortedDictionary<AuthorityId, AccountAuthority> ReadAuthorities(CborIn reader)
    {
        var authorities = ImmutableSortedDictionary.CreateBuilder<AuthorityId, AccountAuthority>();
        for (var left = reader.Array(1, Limits.Authorities); left > 0; left--)
        {
            reader.Array(7);
            var authority = new AccountAuthority(
                reader.Authority(), (AuthorityKind)reader.UInt(5), ReadKey(reader), reader.Hash(), reader.UInt(),
                reader.UInt(),
                reader.UInt());
            authorities.Add(authority.Id, authority);
        }

        return authorities.ToImmutable();
    }

    private static ImmutableArray<(AuthorityId, VerifyKey)> ReadRemoved(CborIn reader)
    {
        var removed = ImmutableArray.CreateBuilder<(AuthorityId, VerifyKey)>();
        for (var left = reader.Array(0, AccountState.RememberedDevices); left > 0; left--)
        {
            reader.Array(2);
            removed.Add((reader.Authority(), ReadKey(reader)));
        }

        return removed.ToImmutable();
    }

    private static ImmutableArray<StagedItem> ReadStaged(CborIn reader)
    {
        var count = reader.Array(0, Limits.StagedItems);
        if (count == 0) return [];
        var staged = ImmutableArray.CreateBuilder<StagedItem>(count);
        for (var left = count; left > 0; left--)
        {
            reader.Array(3);
            staged.Add(new StagedItem(reader.Hash(), (long)reader.UInt(), reader.UInt()));
        }

        return staged.MoveToImmutable();
    }

    private static VerifyKey ReadKey(CborIn reader) =>
        VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
}
