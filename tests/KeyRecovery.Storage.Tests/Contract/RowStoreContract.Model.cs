using CsCheck;
using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Contract;

public abstract partial class RowStoreContract
{
    /// <summary>The whole contract of a write in a few lines, against which the store is played.</summary>
    private sealed class Model
    {
        private long _token;

        /// <summary>Value, version, and which writing it is.</summary>
        public Dictionary<RowKey, (byte[] Value, long Version, long Token)> Rows { get; } = [];

        public WriteResult Write(List<Play> plays)
        {
            for (var i = 0; i < plays.Count; i++)
                if (!Do(plays[i])) return new WriteResult.Refused(i);
            return new WriteResult.Written();
        }

        private bool Do(Play play)
        {
            var isThere = Rows.TryGetValue(play.Key, out var row);
            switch (play.Kind)
            {
                case 0 when !isThere:
                case 1:
                    Rows[play.Key] = (play.Value, 1, ++_token);
                    return true;
                case 2 when isThere && row.Token == play.Seen?.Model:
                    Rows[play.Key] = (play.Value, row.Version + 1, ++_token);
                    return true;
                case 3 when isThere && row.Token == play.Seen?.Model:
                    return Rows.Remove(play.Key);
                case 4:
                    Rows.Remove(play.Key);
                    return true;
                case 5 when !isThere:
                    Rows[play.Key] = (play.Value, Play.Imported, ++_token);
                    return true;
                default:
                    return false;
            }
        }
    }

    // A step; Seen is a row that was read at some time, as the store and the model knew it.
    private sealed record Play(int Kind, RowKey Key, byte[] Value, (Row Store, long Model)? Seen)
    {
        public const int Imported = 5;

        public RowWrite ToWrite() => Kind switch
        {
            0 => new RowWrite.Create(Key, Value),
            1 => new RowWrite.Ensure(Key, Value),
            2 => new RowWrite.Replace(Seen!.Value.Store, Value),
            3 => new RowWrite.Delete(Seen!.Value.Store),
            5 => new RowWrite.Import(
                new Row(Key, Value, Imported, DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 3600)),
            _ => new RowWrite.Remove(Key),
        };
    }

    [ContractFact]
    public async Task The_store_does_what_the_contract_in_memory_does()
    {
        var (model, seen) = (new Model(), new Dictionary<RowKey, List<(Row, long)>>());
        var refused = 0;
        await Gen.Select(Gen.Int[0, 5], Gen.Byte[0, 4], Gen.Bool, Gen.Byte.Array[0, 40], Gen.Int[0, 3]).List[1, 5]
            .SampleAsync(
                async steps =>
                {
                    var plays = steps.ConvertAll(step =>
                    {
                        var (kind, id, other, value, age) = step;
                        var key = new RowKey(other ? Second : First, new[] { id });
                        // A row as it was read now, or some readings ago; a step on a row that nobody has read creates
                        // it.
                        if (kind is not (2 or 3)) return new Play(kind, key, value, null);
                        return seen.TryGetValue(key, out var rows)
                            ? new Play(kind, key, value, rows[^Math.Min(rows.Count, age + 1)])
                            : new Play(0, key, value, null);
                    });
                    var expected = model.Write(plays);
                    Assert.Equal(
                        expected, await Store.WriteAsync([.. plays.Select(p => p.ToWrite())], CancellationToken.None));
                    if (expected is WriteResult.Refused) refused++;
                    foreach (var key in plays.Select(p => p.Key).Distinct())
                    {
                        if (!model.Rows.TryGetValue(key, out var row))
                        {
                            await Lacks(key);
                            continue;
                        }

                        await Holds(key, row.Value, row.Version);
                        if (!seen.TryGetValue(key, out var known)) seen[key] = known = [];
                        known.Add((await Get(key), row.Token));
                    }
                },
                iter: 1_000, threads: 1);
        Assert.InRange(refused, 100, 900);
    }
}
