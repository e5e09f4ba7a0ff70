using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Tests.Cosmos;
using KeyRecovery.Storage.Tests.Places;
using KeyRecovery.Storage.Tests.Ring;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests;

/// <summary>The process that fault tests start, and kill.</summary>
internal static class Program
{
    private static readonly Lock Output = new();

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [var verb, var root, ..]) return 2;
        if (verb == "metadata")
        {
            await MetadataChild.RunAsync(isControl: root == "control", Say);
            return 0;
        }

        if (verb == "turn") return await SharedFolderTests.HoldAsync(root, Say);
        if (verb == "share") return await SharedFolderTests.WriteAsync(root, Say);
        await using var pair = await new StoreFolder(root).OpenAsync();
        switch (verb)
        {
            case "hold":
                Say("held");
                await Task.Delay(Timeout.Infinite);
                return 0;
            case "write":
                await Task.WhenAll(Enumerable.Range(0, 8)
                    .Select(_ => Task.Run(() => WriteForeverAsync(pair.Data, Table.Items, Table.Accounts))
                        ).Concat(Enumerable.Range(0, 8)
                            .Select(_ => Task.Run(() => WriteForeverAsync(pair.Keys, Table.Slots, Table.KeyRows)))));
                return 0;
            case "rotate":
                await KilledRingTests.RotateForeverAsync(pair, Path.Combine(root, "ring"), Say);
                return 0;
            default:
                return 2;
        }
    }

    /// <summary>Two rows a write, both made of the same seed, so that the parent knows what must be there.</summary>
    private static async Task WriteForeverAsync(IRowStore store, Table large, Table small)
    {
        while (true)
        {
            var id = SystemRandom.Bytes(16);
            var result = await store.WriteAsync(
                [
                    new RowWrite.Create(new RowKey(large, id), ChildRows.Value(id, ChildRows.LargeSize)),
                    new RowWrite.Create(new RowKey(small, id), ChildRows.Value(id, ChildRows.SmallSize)),
                ],
                CancellationToken.None);
            if (result is WriteResult.Written) Say($"{large.Number} {small.Number} {Convert.ToHexString(id)}");
        }
    }

    private static void Say(string line)
    {
        lock (Output)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
