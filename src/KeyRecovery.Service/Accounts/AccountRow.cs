using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// How an account row is written. About 1 KiB for a small account; 512 authorities ever make 12 KiB of names.
/// </summary>
internal static class AccountRow
{
    private const string RowLabel = "account-row";
    private const ulong Version = 6;
    private const int Fields = 35;

    // Points: one for each authority that the chain can ever add, and those before links. Doomed rows: one for each
    // epoch of a point and each authority that one link removes.
    private const int MaxList = 4096;

    public static byte[] Encode(this AccountState state)
    {
        var writer = new CborOut().Array(Fields).Text(RowLabel).UInt(Version)
            .Bytes(state.Account).Text(state.User.App).Text(state.User.Issuer).Text(state.User.Subject)
            .UInt(state.Chain.Sequence).Bytes(state.Chain.Hash).Bytes(state.LinkChunk)
            .UInt((ulong)state.ChainBytes).UInt(state.Path.Newest);
        writer.Array(state.Path.Skips.Length);
        foreach (var (epoch, previous) in state.Path.Skips) writer.Array(2).UInt(epoch).UInt(previous);
        writer.Bytes(state.EpochCommit).Array(state.Keysets.Length);
        foreach (var keyset in state.Keysets) writer.Bytes(keyset);
        writer.UInt(state.ManifestVersion).Bytes(state.ManifestHash).Bytes(state.ManifestTrail)
            .Bytes(state.SignedHead.Span);
        writer.Array(state.Authorities.Count);
        foreach (var authority in state.Authorities.Values) Write(writer, authority);
        writer.Bytes(state.Used.Packed.Span).Array(state.Removed.Length);
        foreach (var (id, key) in state.Removed) writer.Array(2).Bytes(id).Bytes(key.ToArray());
        OptionalPlace.Write(writer, state.LastRemoval);
        state.Counts.Write(writer);
        writer.Array(2).Bytes(state.Trail.Chunk is { } chunk ? chunk.ToArray() : []).Bytes(state.Trail.Packed.Span);
        writer.Array(state.Staged.Length);
        foreach (var (hash, size, at) in state.Staged) writer.Array(3).Bytes(hash).UInt((ulong)size).UInt(at);
        writer.Array(2).UInt((ulong)state.LiveBytes).UInt((ulong)state.KeptBytes).Array(state.Points.Length);
        foreach (var point in state.Points) point.Write(writer);
        writer.Array(state.Doomed.Length);
        foreach (var doomed in state.Doomed) doomed.Write(writer);
        RestoreMark.Write(writer, state.Opened);
        AccountRestore.Write(writer, state.Restored);
        OptionalPlace.Write(writer, state.Lacks);
        OptionalPlace.Write(writer, state.Supersedes);
        Claims.Write(writer, state.Claims);
        writer.Array(state.Gaps.Length);
        foreach (var gap in state.Gaps) gap.Write(writer);
        state.Activity.Write(writer);
        return writer.ToArray();
    }

    public static AccountState Decode(ReadOnlyMemory<byte> row)
    {
        var reader = new CborIn(row);
        reader.OwnStructure(RowLabel, Fields, Version);
        var state = new AccountState
        {
            Account = reader.Account(),
            User = new AppUser(reader.Text(1, 64), reader.Text(1, 2048), reader.Text(1, 256)),
            Chain = new ChainPlace(reader.UInt(), reader.Hash()),
            LinkChunk = reader.Hash(),
            ChainBytes = (long)reader.UInt(Limits.ChainBytes),
            Path = ReadPath(reader),
            EpochCommit = reader.Hash(),
            Keysets = ReadHashes(reader, Limits.Authorities),
            ManifestVersion = reader.UInt(),
            ManifestHash = reader.Hash(),
            ManifestTrail = reader.Hash(),
            SignedHead = reader.BytesView(0, Protocol.Vault.SignedHead.MaxSize),
            Authorities = ReadAuthorities(reader),
            Used = UsedNames.FromPacked(reader.BytesView(0, int.MaxValue)),
            Removed = ReadRemoved(reader),
            LastRemoval = OptionalPlace.Read(reader),
            Counts = DayCounts.Read(reader),
        };
        reader.Array(2);
        var chunk = reader.BytesView(0, Hash256.Size);
        state = state with
        {
            Trail = new Trail(
                chunk.IsEmpty ? null : new Hash256(chunk.Span), reader.BytesView(0, Trail.Tail * Trail.EntrySize)),
            Staged = ReadStaged(reader),
        };
        reader.Array(2);
        state = state with
        {
            LiveBytes = (long)reader.UInt(),
            KeptBytes = (long)reader.UInt(),
            Points = ReadList(reader, RestorePointEntry.Read),
            Doomed = ReadList(reader, DoomedRow.Read),
            Opened = RestoreMark.Read(reader),
            Restored = AccountRestore.Read(reader),
            Lacks = OptionalPlace.Read(reader),
            Supersedes = OptionalPlace.Read(reader),
            Claims = Claims.Read(reader),
            Gaps = ReadList(reader, ManifestGap.Read),
            Activity = ActivityList.Read(reader),
        };
        reader.End();
        return state;
    }

    private static void Write(CborOut writer, AccountAuthority a) => writer.Array(9)
        .Bytes(a.Id).UInt((ulong)a.Kind).Bytes(a.SigningKey.ToArray()).Bytes(a.KemKeyHash).UInt(a.MaxFormat)
        .UInt(a.AddedAt).UInt(a.LastEpochBegun).UInt(a.TrustedFrom).UInt(a.ByYoung ? 1u : 0);

    private static ImmutableSortedDictionary<AuthorityId, AccountAuthority> ReadAuthorities(CborIn reader)
    {
        var authorities = ImmutableSortedDictionary.CreateBuilder<AuthorityId, AccountAuthority>();
        for (var left = reader.Array(1, Limits.Authorities); left > 0; left--)
        {
            reader.Array(9);
            var authority = new AccountAuthority(
                reader.Authority(), (AuthorityKind)reader.UInt(5), ReadKey(reader), reader.Hash(), reader.UInt(),
                reader.UInt(), reader.UInt(), reader.UInt(), reader.UInt(1) == 1);
            authorities.Add(authority.Id, authority);
        }

        return authorities.ToImmutable();
    }

    private static EpochPath ReadPath(CborIn reader)
    {
        var newest = reader.UInt();
        var skips = ImmutableArray.CreateBuilder<EpochStep>();
        for (var left = reader.Array(0, Limits.Links); left > 0; left--)
        {
            reader.Array(2);
            skips.Add(new EpochStep(reader.UInt(), reader.UInt()));
        }

        return EpochPath.Resume(newest, skips.ToImmutable());
    }

    private static ImmutableArray<Hash256> ReadHashes(CborIn reader, int max)
    {
        var count = reader.Array(0, max);
        var hashes = ImmutableArray.CreateBuilder<Hash256>(count);
        for (var left = count; left > 0; left--) hashes.Add(reader.Hash());
        return hashes.MoveToImmutable();
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

    private static ImmutableArray<T> ReadList<T>(CborIn reader, Func<CborIn, T> read)
    {
        var count = reader.Array(0, MaxList);
        if (count == 0) return [];
        var list = ImmutableArray.CreateBuilder<T>(count);
        for (var left = count; left > 0; left--) list.Add(read(reader));
        return list.MoveToImmutable();
    }

    private static VerifyKey ReadKey(CborIn reader) =>
        VerifyKey.FromChecked(reader.BytesView(VerifyKey.Size, VerifyKey.Size).Span);
}
