using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Exports;

/// <summary>
/// Writes all that there is of an account: what the service tells, word for word, and beside it what only a device can
/// open. One batch of items is in memory at a time, and no key is ever written.
/// </summary>
internal sealed class AccountExporter(VaultState state, TimeProvider time)
{
    private const string Format = "keyrecovery/v1/device-export";

    public async Task<Result<ExportedAccount>> WriteAsync(Stream destination, CancellationToken ct)
    {
        var answer = await state.Api.GetExportAsync(state.Keys, ct);
        if (answer is not Answer.Success { Body: var service }) return Failures.Of(answer);
        if (ExportDocument.ReadItems(service) is not { } items) return Failures.Of(answer);
        var (count, older, unopened) = (0, 0, new List<string>());
        // What is not ASCII, and what HTML reads, is escaped: names do nothing to whoever shows the file.
        await using var json = new Utf8JsonWriter(destination, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", 1);
        json.WriteNumber("madeAt", time.GetUtcNow().ToUnixTimeSeconds());
        json.WriteString("madeBy", state.Keys.Id.ToString());
        WriteNames(json);
        json.WriteStartArray("items");
        var failure = await EachAsync(items, async (isCurrent, item, bytes) =>
        {
            var (name, content) = Open(item, bytes);
            // The account's own keys for apps: who has the file must open nothing with it.
            var isKey = name is not null && ReservedName.Is(name);
            if (isKey)
            {
                CryptographicOperations.ZeroMemory(content);
                content = null;
            }

            json.WriteStartObject();
            json.WriteString("id", item.Id.ToString());
            if (name is not null) json.WriteString("name", name);
            json.WriteNumber("number", item.Version);
            json.WriteBoolean("isCurrent", isCurrent);
            json.WriteString("hash", item.Hash.ToString());
            if (content is null) json.WriteString(
                "notOpened", isKey ? "holds keys" : bytes.IsEmpty ? "lost by the server" : "does not open");
            else json.WriteBase64String("content", content);
            json.WriteEndObject();
            CryptographicOperations.ZeroMemory(content);
            if (isKey) return;
            if (content is null) unopened.Add(name ?? item.Id.ToString());
            else if (isCurrent) count++;
            else older++;
            await json.FlushAsync(ct);
        }, ct);
        if (failure is not null) return failure;
        json.WriteEndArray();
        json.WritePropertyName("service");
        json.WriteRawValue(service);
        json.WriteBoolean("complete", true);
        json.WriteEndObject();
        await json.FlushAsync(ct);
        await destination.FlushAsync(ct);
        return new ExportedAccount(count, older, [.. unopened]);
    }

    private void WriteNames(Utf8JsonWriter json)
    {
        var (account, authorities) = state.Read(
            open => (open.Vault.Account, AuthorityInfo.AllOf(open, [], state.Keys.Id)));
        json.WriteString("account", account.ToString());
        json.WriteStartArray("names");
        foreach (var authority in authorities)
        {
            json.WriteStartObject();
            json.WriteString("id", authority.Id.ToString());
            json.WriteString("name", authority.Name);
            json.WriteString("addedBy", authority.AddedBy.ToString());
            json.WriteNumber("addedAt", authority.Added.ToUnixTimeSeconds());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // As many at once as one answer brings: 4 MiB.
    private async Task<ClientFailure?> EachAsync(
        List<(bool IsCurrent, ManifestItem Item)> items,
        Func<bool, ManifestItem, ReadOnlyMemory<byte>, Task> write, CancellationToken ct)
    {
        for (var done = 0; done < items.Count;)
        {
            var batch = new List<(bool, ManifestItem)>();
            for (long bytes = 0; done + batch.Count < items.Count && batch.Count < Limits.Items;)
            {
                var next = items[done + batch.Count];
                bytes += next.Item.Size;
                if (batch.Count > 0 && bytes > Limits.ItemBatchBytes) break;
                batch.Add(next);
            }

            var fetched = new ReadOnlyMemory<byte>[batch.Count];
            if (await ItemBatches.FetchAsync(
                state.Api, state.Keys, [.. batch.Select(item => (item.Item2.Id.ToString(), item.Item2))],
                (at, bytes) =>
                {
                    fetched[at] = bytes;
                    return null;
                }, ct, _ => { }) is { } failure) return failure;
            for (var i = 0; i < batch.Count; i++) await write(batch[i].Item1, batch[i].Item2, fetched[i]);
            done += batch.Count;
        }

        return null;
    }

    // The name stands in the item itself: of one that was removed no manifest has it any more.
    private (string? Name, byte[]? Content) Open(ManifestItem item, ReadOnlyMemory<byte> bytes) => state.Read(open =>
    {
        var known = open.Private.Items.FirstOrDefault(note => note.Id == item.Id)?.Name;
        if (bytes.IsEmpty) return (known, (byte[]?)null);
        var (content, _) = open.OpenItem(item, bytes.Span);
        if (content is not null && known is null && open.Keys.Find(item.Epoch) is { } key)
            known = SealedItem.Open(key, bytes.Span)?.Name;
        return (known, content);
    });
}
