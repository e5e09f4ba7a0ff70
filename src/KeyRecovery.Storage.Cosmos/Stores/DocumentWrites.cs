using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Connections;
using KeyRecovery.Storage.Cosmos.Documents;
using Microsoft.Azure.Cosmos;

namespace KeyRecovery.Storage.Cosmos.Stores;

/// <summary>
/// Does a step of a write: one request. Never an Upsert with a condition, which creates where nothing is, whatever the
/// condition says.
/// </summary>
internal sealed class DocumentWrites(StoreAccount account, ServerClock clock)
{
    /// <summary>A step that is begun is finished: its caller's going away does not cancel it.</summary>
    public Task<Answer> DoAsync(RowWrite write) => account.AskAsync(ct => SendAsync(write, ct), CancellationToken.None);

    /// <summary>Refuses what the service would refuse, before anything is sent.</summary>
    public static void DemandSize(RowWrite write)
    {
        if (ValueOf(write) is { } value && RowDocument.SizeOf(write.Key, value.Length) > RowDocument.MaxSize)
            throw Throw.TooLarge(write.Key.Table, value.Length);
    }

    private async Task<ResponseMessage> SendAsync(RowWrite write, CancellationToken ct)
    {
        var (container, name) = (account.ContainerOf(write.Key.Table), DocumentName.Of(write.Key));
        var partition = new PartitionKey(name.Partition);
        switch (write)
        {
            case RowWrite.Create(_, var value):
                using (var document = Document(name, 1, value))
                    return await container.CreateItemStreamAsync(document, partition, null, ct).ConfigureAwait(false);
            case RowWrite.Import(var row):
                using (var document = Document(name, row.Version, row.WrittenHour, row.Value))
                    return await container.CreateItemStreamAsync(document, partition, null, ct).ConfigureAwait(false);
            case RowWrite.Ensure(_, var value):
                using (var document = Document(name, 1, value))
                    return await container.UpsertItemStreamAsync(document, partition, null, ct).ConfigureAwait(false);
            case RowWrite.Replace(var was, var value):
                using (var document = Document(name, was.Version + 1, value))
                    return await container.ReplaceItemStreamAsync(document, name.Id, partition, AsRead(was), ct)
                        .ConfigureAwait(false);
            case RowWrite.Delete(var was):
                return await container.DeleteItemStreamAsync(name.Id, partition, AsRead(was), ct)
                    .ConfigureAwait(false);
            default:
                return await container.DeleteItemStreamAsync(name.Id, partition, null, ct).ConfigureAwait(false);
        }
    }

    private MemoryStream Document(DocumentName name, long version, ReadOnlyMemory<byte> value) =>
        Document(name, version, (long)(clock.Now.Latest / 3600), value);

    private static MemoryStream Document(DocumentName name, long version, long hour, ReadOnlyMemory<byte> value) =>
        new(RowDocument.Encode(name, version, hour, value.Span).ToArray(), writable: false);

    private static ItemRequestOptions AsRead(Row was) => new() { IfMatchEtag = was.Token.Text };

    private static ReadOnlyMemory<byte>? ValueOf(RowWrite write) => write switch
    {
        RowWrite.Create(_, var value) => value,
        RowWrite.Import(var row) => row.Value,
        RowWrite.Ensure(_, var value) => value,
        RowWrite.Replace(_, var value) => value,
        _ => null,
    };
}
