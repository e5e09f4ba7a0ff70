using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Items;

/// <summary>Reads items and walks back through their versions, each named by the hash in the one after it.</summary>
internal sealed class ItemReader(VaultState state)
{
    private readonly CachedItems _cache = new(state);

    public async Task<Result<byte[]>> GetAsync(string name, ulong? version, CancellationToken ct)
    {
        if (Find(name) is not { } entry) return new ClientFailure.NoSuchItem(name);
        if (version is not { } wanted || wanted == entry.Version) return await OpenAsync(name, entry, ct);
        if (wanted > entry.Version || wanted == 0) return new ClientFailure.NoSuchItem($"{name}, version {wanted}");

        if (!(await ListAsync(entry.Id, ct)).TryGet(out var versions, out var failure)) return failure;
        while (entry.Version > wanted)
        {
            var fetched = await FetchAsync(name, entry, ct);
            if (fetched is Result<byte[]>.Failed gone) return gone.Failure;
            // By its hash: after an undo there may be two of one number, and the one on the walk is meant.
            var previous = ItemHeader.Read(((Result<byte[]>.Ok)fetched).Value).Previous;
            if (Entry(entry.Id, versions, previous) is not { } older)
                return new ClientFailure.NoSuchItem($"{name}, version {wanted}");
            entry = older;
        }
        if (entry.Version == wanted) return await OpenAsync(name, entry, ct);
        // An undo can have passed the number over; or the number is not the one that the item has.
        return await FetchAsync(name, entry, ct) is Result<byte[]>.Failed { Failure: ClientFailure.ServerLied } lie
            ? lie : new ClientFailure.NoSuchItem($"{name}, version {wanted}");
    }

    /// <summary>A version of an item by its hash: also one that an undo left.</summary>
    public async Task<Result<byte[]>> GetAsync(string name, Hash256 version, CancellationToken ct)
    {
        if (Find(name) is not { } entry) return new ClientFailure.NoSuchItem(name);
        if (version == entry.Hash) return await OpenAsync(name, entry, ct);
        if (!(await ListAsync(entry.Id, ct)).TryGet(out var versions, out var failure)) return failure;
        return Entry(entry.Id, versions, version) is { } older
            ? await OpenAsync(name, older, ct)
            : new ClientFailure.NoSuchItem($"{name}, version {version}");
    }

    /// <summary>The current version of one, with what is known of it.</summary>
    public async Task<Result<ItemContent>> ReadAsync(string name, CancellationToken ct) =>
        (await GetAllAsync([name], null, ct)).TryGet(out var read, out var failure) ? read[0] : failure;

    /// <summary>The current version of many items, in their order.</summary>
    public async Task<Result<ImmutableArray<ItemContent>>> GetAllAsync(
        IEnumerable<string>? names, IProgress<(int Done, int Of)>? progress, CancellationToken ct)
    {
        var (infos, entries) = (new List<ItemInfo>(), new List<(string Name, ManifestItem Entry)>());
        var unknown = state.Read(open =>
        {
            var known = ItemInfo.AllOf(open).ToDictionary(i => i.Name, StringComparer.Ordinal);
            foreach (var given in names?.Distinct(StringComparer.Ordinal) ?? known.Keys)
            {
                if (given is null) return "";
                if (open.FindNote(given)?.Name is not { } name || !known.TryGetValue(name, out var info)) return given;
                infos.Add(info);
                entries.Add((name, open.FindItem(name)!));
            }
            return null;
        });
        if (unknown is not null) return new ClientFailure.NoSuchItem(unknown);

        var (read, done, asOf) = (new ItemContent?[infos.Count], 0, ToldTime.At(state.AsOf));
        var missing = new List<int>();
        for (var i = 0; i < entries.Count; i++)
            if (await _cache.FindAsync(entries[i].Entry, ct) is not { } kept) missing.Add(i);
            else if (Take(i, kept) is { } fault) return Spill(fault);

        var fetched = new List<(Hash256 Hash, ReadOnlyMemory<byte> Item)>();
        var failure = await ItemBatches.FetchAsync(
            state.Api, state.Keys, [.. missing.Select(i => entries[i])], (at, bytes) =>
            {
                if (Take(missing[at], bytes) is { } fault) return fault;
                fetched.Add((entries[missing[at]].Entry.Hash, bytes));
                return null;
            }, ct);
        if (failure is not null) return Spill(failure);
        foreach (var (hash, item) in fetched) await _cache.KeepAsync(hash, item, ct);
        return ImmutableArray.Create<ItemContent>(read!);

        ClientFailure? Take(int at, ReadOnlyMemory<byte> bytes)
        {
            var (content, fault) = state.Read(open => open.OpenItem(entries[at].Entry, bytes.Span));
            if (content is null) return new ClientFailure.ServerLied(fault);
            read[at] = new ItemContent(infos[at], content) { AsOf = asOf };
            progress?.Report((++done, infos.Count));
            return null;
        }

        ClientFailure Spill(ClientFailure why)
        {
            foreach (var item in read) CryptographicOperations.ZeroMemory(item?.Content);
            return why;
        }
    }

    public async Task<Result<ImmutableArray<ItemVersionInfo>>> HistoryAsync(string name, CancellationToken ct)
    {
        if (Find(name) is not { } entry) return new ClientFailure.NoSuchItem(name);
        if (!(await ListAsync(entry.Id, ct)).TryGet(out var versions, out var failure)) return failure;
        var items = (await state.Api.GetItemsAsync(state.Keys, ct)).Read(ClientJson.Default.ItemsJson);
        if (!items.TryGet(out var now, out failure)) return failure;
        var all = ImmutableArray.CreateBuilder<ItemVersionInfo>();
        all.Add(new ItemVersionInfo(entry.Version, true, null, entry.Size, entry.Hash)
        {
            // By its hash: another device may have written the item since this one looked.
            Writer = WriterOf(now.Items.FirstOrDefault(i => i.Hash == $"{entry.Hash}")?.Writer),
        });
        foreach (var version in versions)
        {
            if (!Hash256.TryParse(version.Hash, out var hash)) continue;
            all.Add(new ItemVersionInfo(
                version.Version, false, ToldTime.At(version.ReplacedAt), version.Size, hash)
            {
                Writer = WriterOf(version.Writer),
            });
        }
        return all.ToImmutable();
    }

    // What is KeyRecovery's own no app reads.
    private ManifestItem? Find(string name) => ReservedName.Is(name) ? null : state.Read(open => open.FindItem(name));

    private static AuthorityId? WriterOf(string? told) =>
        AuthorityId.TryParse(told ?? "", out var writer) ? writer : null;

    private static ManifestItem? Entry(ItemId id, VersionJson[] versions, Hash256 hash) =>
        versions.FirstOrDefault(v => v.Hash == hash.ToString()) is { } found
            ? new ManifestItem(id, found.Version, found.Epoch, found.Size, hash) : null;

    /// <summary>Fetches, checks and opens one version.</summary>
    public async Task<Result<byte[]>> OpenAsync(string name, ManifestItem entry, CancellationToken ct)
    {
        var fetched = await FetchAsync(name, entry, ct);
        if (fetched is not Result<byte[]>.Ok { Value: var bytes }) return fetched;
        var (content, fault) = state.Read(open => open.OpenItem(entry, bytes));
        return content is null ? new ClientFailure.ServerLied(fault) : content;
    }

    private async Task<Result<byte[]>> FetchAsync(string name, ManifestItem entry, CancellationToken ct)
    {
        if (await _cache.FindAsync(entry, ct) is { } kept) return kept;
        var fetched = await AskAsync(name, entry, ct);
        if (fetched is Result<byte[]>.Ok { Value: var item }) await _cache.KeepAsync(entry.Hash, item, ct);
        return fetched;
    }

    private async Task<Result<byte[]>> AskAsync(string name, ManifestItem entry, CancellationToken ct)
    {
        switch (await state.Api.GetItemAsync(state.Keys, entry.Hash, ct))
        {
            case Answer.Success success:
                var fault = entry.Check(state.Read(open => open.Vault.Account), success.Body);
                return fault == ProtocolFault.None ? success.Body : new ClientFailure.ServerLied(fault);
            case Answer.Problem { Type: ProblemTypes.NotFound }:
                return new ClientFailure.ItemLost(name);
            case var answer:
                return Failures.Of(answer);
        }
    }

    private async Task<Result<VersionJson[]>> ListAsync(ItemId item, CancellationToken ct) =>
        (await state.Api.GetVersionsAsync(state.Keys, item, ct)).Read(ClientJson.Default.VersionsJson) switch
        {
            Result<VersionsJson>.Ok ok => ok.Value.Versions,
            Result<VersionsJson>.Failed failed => failed.Failure,
            _ => throw new InvalidOperationException("a result is one of two"),
        };
}
