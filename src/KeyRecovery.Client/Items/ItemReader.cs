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
    public async Task<Result<byte[]>> GetAsync(string name, ulong? version, CancellationToken ct)
    {
        if (state.Read(open => Find(open, name)) is not { } entry) return new ClientFailure.NoSuchItem(name);
        if (version is not { } wanted || wanted == entry.Version) return await OpenAsync(name, entry, ct);
        if (wanted > entry.Version || wanted == 0) return new ClientFailure.NoSuchItem($"{name}, version {wanted}");

        var listed = await ListAsync(entry.Id, ct);
        if (listed is Result<VersionJson[]>.Failed failed) return failed.Failure;
        var versions = ((Result<VersionJson[]>.Ok)listed).Value.ToDictionary(v => v.Version);
        while (entry.Version > wanted)
        {
            var fetched = await FetchAsync(name, entry, ct);
            if (fetched is Result<byte[]>.Failed gone) return gone.Failure;
            var previous = ItemHeader.Read(((Result<byte[]>.Ok)fetched).Value).Previous;
            if (!versions.TryGetValue(entry.Version - 1, out var older))
                return new ClientFailure.NoSuchItem($"{name}, version {wanted}");
            if (older.Hash != previous.ToString()) return new ClientFailure.ServerLied(ProtocolFault.ItemHash);
            entry = new ManifestItem(entry.Id, older.Version, older.Epoch, older.Size, previous);
        }
        return await OpenAsync(name, entry, ct);
    }

    /// <summary>The current version of many items, in their order.</summary>
    public async Task<Result<ImmutableArray<ItemContent>>> GetAllAsync(
        IEnumerable<string>? names, IProgress<(int Done, int Of)>? progress, CancellationToken ct)
    {
        var (infos, entries) = (new List<ItemInfo>(), new List<(string Name, ManifestItem Entry)>());
        var unknown = state.Read(open =>
        {
            var known = ItemInfo.AllOf(open).ToDictionary(i => i.Name, StringComparer.Ordinal);
            foreach (var name in names?.Distinct(StringComparer.Ordinal) ?? known.Keys)
            {
                if (!known.TryGetValue(name, out var info)) return name;
                infos.Add(info);
                entries.Add((name, Find(open, name)!));
            }
            return null;
        });
        if (unknown is not null) return new ClientFailure.NoSuchItem(unknown);

        var read = ImmutableArray.CreateBuilder<ItemContent>(infos.Count);
        var failure = await ItemBatches.FetchAsync(state.Api, state.Keys, entries, (i, bytes) =>
        {
            var (content, fault) = state.Read(open => open.OpenItem(entries[i].Entry, bytes.Span));
            if (content is null) return new ClientFailure.ServerLied(fault);
            read.Add(new ItemContent(infos[i], content));
            progress?.Report((read.Count, infos.Count));
            return null;
        }, ct);
        if (failure is null) return read.ToImmutable();
        foreach (var item in read) CryptographicOperations.ZeroMemory(item.Content);
        return failure;
    }

    public async Task<Result<ImmutableArray<ItemVersionInfo>>> HistoryAsync(string name, CancellationToken ct)
    {
        if (state.Read(open => Find(open, name)) is not { } entry) return new ClientFailure.NoSuchItem(name);
        var listed = await ListAsync(entry.Id, ct);
        if (listed is Result<VersionJson[]>.Failed failed) return failed.Failure;
        var older = ((Result<VersionJson[]>.Ok)listed).Value
            .Where(v => v.Version < entry.Version)
            .OrderByDescending(v => v.Version)
            .Select(v => new ItemVersionInfo(v.Version, false, Clock.FromSeconds(v.ReplacedAt), v.Size));
        return ImmutableArray.CreateRange(older.Prepend(new ItemVersionInfo(entry.Version, true, null, entry.Size)));
    }

    /// <summary>The entry of the item of that name, or null.</summary>
    public static ManifestItem? Find(OpenVault open, string name) =>
        open.Private.Items.FirstOrDefault(i => i.Name == name) is { } note
            ? open.Vault.Manifest.Manifest.Find(note.Id) : null;

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
