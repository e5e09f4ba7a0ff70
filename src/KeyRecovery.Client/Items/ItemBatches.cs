using System.Collections.Immutable;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Items;

/// <summary>Reads many items in few requests: the server answers as many at once as have 4 MiB.</summary>
internal static class ItemBatches
{
    /// <summary>Fetches items and hands each over, in their order, as it came: nothing of it is verified.</summary>
    /// <param name="api">Asks the server.</param>
    /// <param name="signer">Who asks.</param>
    /// <param name="items">Their entries, with their names for what is to be told.</param>
    /// <param name="take">Is given each item's number and bytes; says what is wrong with it, or null.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="miss">Is told the number of each item that the server lacks; null where none may be lost.</param>
    public static async Task<ClientFailure?> FetchAsync(
        VaultApi api, DeviceKeys signer, IReadOnlyList<(string Name, ManifestItem Entry)> items,
        Func<int, ReadOnlyMemory<byte>, ClientFailure?> take, CancellationToken ct, Action<int>? miss = null)
    {
        for (var done = 0; done < items.Count;)
        {
            var asked = items.Skip(done).Take(Limits.Items).Select(i => i.Entry.Hash).ToImmutableArray();
            var answer = await api.ReadItemsAsync(signer, new ItemBatchRequest(asked), ct);
            if (answer is not Answer.Success success) return Failures.Of(answer);
            if (!Decode(success.Body, asked.Length).TryGet(out var batch, out var unread)) return unread;
            CallTime.Renew();
            foreach (var item in batch.Items)
            {
                if (item.IsEmpty && miss is null) return new ClientFailure.ItemLost(items[done].Name);
                if (item.IsEmpty) miss!(done);
                else if (take(done, item) is { } failure) return failure;
                done++;
            }
        }
        return null;
    }

    private static Result<ItemBatch> Decode(byte[] body, int asked)
    {
        try
        {
            var batch = ItemBatch.Decode(body);
            return batch.Items.Length <= asked ? batch : new ClientFailure.ServerLied(ProtocolFault.Malformed);
        }
        catch (WireFormatException)
        {
            return new ClientFailure.ServerLied(ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new ClientFailure.UpgradeRequired();
        }
    }
}
