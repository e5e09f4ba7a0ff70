using CsCheck;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Tests.Contract;

public abstract partial class RowStoreContract
{
    /// <summary>The whole contract of a write in a few lines, against which the store is played.</summary>
    private sealed class Model
    {
        public Dictionary<RowKey, (byte[] Value, long Version)> Rows { get; private set; } = [];

        public WriteResult Write(List<RowWrite> writes)
        {
            var next = new Dictionary<RowKey, (byte[] Value, long Version)>(Rows);
            for (var i = 0; i < writes.Count; i++)
            {
                var key = writes[i].Key;
                var version = next.TryGetValue(key, out var row) ? row.Version : 0;
                var holds = writes[i] switch
                {
                    RowWrite.Create => version == 0,
                    RowWrite.Replace replace => version > 0 && version == replace.ExpectedVersion,
                    RowWrite.Delete delete => version > 0 && version == delete.ExpectedVersion,
                    RowWrite.Require require => version == require.ExpectedVersion,
                    _ => true,
                };
                if (!holds) return new WriteResult.Refused(i);
                if (writes[i] is RowWrite.Create create) next[key] = (create.Value.ToArray(), 1);
                if (writes[i] is RowWrite.Ensure ensure && version == 0) next[key] = (ensure.Value.ToArray(), 1);
                if (writes[i] is RowWrite.Replace put) next[key] = (put.Value.ToArray(), version + 1);
                if (writes[i] is RowWrite.Delete or RowWrite.Remove) next.Remove(key);
            }

            Rows = next;
            return new WriteResult.Written();
        }
    }

    private Gen<RowWrite> AnyWrite =>
        Gen.Select(Gen.Int[0, 5], Gen.Byte[0, 4], Gen.Bool, Gen.Byte.Array[0, 40], Gen.Long[0, 3], (kind, id, other, value, version) =>
        {
            var key = new RowKey(other ? Second : First, new[] { id });
            return kind switch
            {
                0 => (RowWrite)new RowWrite.Create(key, value),
                1 => new RowWrite.Ensure(key, value),
                2 => new RowWrite.Replace(key, value, version),
                3 => new RowWrite.Delete(key, version),
                4 => new RowWrite.Remove(key),
                _ => new RowWrite.Require(key, version),
            };
        });

    [Fact]
    public async Task The_store_does_what_the_contract_in_memory_does()
    {
        var model = new Model();
        var refused = 0;
        await AnyWrite.List[1, 5].SampleAsync(
            async writes =>
            {
                var expected = model.Write(writes);
                Assert.Equal(expected, await Store.WriteAsync(writes, CancellationToken.None));
                if (expected is WriteResult.Refused) refused++;
                foreach (var key in writes.Select(write => write.Key))
                {
                    if (model.Rows.TryGetValue(key, out var row)) await Holds(key, row.Value, row.Version);
                    else await Lacks(key);
                }
            },
            iter: 1_000, threads: 1);
        Assert.InRange(refused, 100, 900);
    }
}
