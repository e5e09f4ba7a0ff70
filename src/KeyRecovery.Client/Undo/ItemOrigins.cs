using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;

namespace KeyRecovery.Client.Undo;

/// <summary>Who wrote the versions of items, by the server's word: a person is shown what follows from it.</summary>
internal sealed class ItemOrigins
{
    private readonly Dictionary<Hash256, AuthorityId> _writers = [];

    private ItemOrigins() { }

    /// <summary>Who wrote the items as they are now.</summary>
    public static async Task<Result<ItemOrigins>> ReadAsync(VaultView view, CancellationToken ct)
    {
        var answer = await view.Api.GetItemsAsync(view.Keys, ct);
        if (!answer.Read(ClientJson.Default.ItemsJson).TryGet(out var told, out var failure)) return failure;
        var origins = new ItemOrigins();
        foreach (var item in told.Items) origins.Add(item.Hash, item.Writer);
        return origins;
    }

    /// <summary>Reads who wrote the older versions of an item as well.</summary>
    public async Task<ClientFailure?> AddHistoryAsync(VaultView view, ItemId item, CancellationToken ct)
    {
        var answer = await view.Api.GetVersionsAsync(view.Keys, item, ct);
        if (!answer.Read(ClientJson.Default.VersionsJson).TryGet(out var told, out var failure)) return failure;
        foreach (var version in told.Versions) Add(version.Hash, version.Writer);
        return null;
    }

    /// <summary>Who wrote a version, or null where that is not told.</summary>
    public AuthorityId? WriterOf(Hash256 item) => _writers.TryGetValue(item, out var writer) ? writer : null;

    private void Add(string hash, string? writer)
    {
        if (Hash256.TryParse(hash, out var item) && AuthorityId.TryParse(writer ?? "", out var id)) _writers[item] = id;
    }
}
