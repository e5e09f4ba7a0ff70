using System.Collections.Concurrent;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Testing.Stores;

/// <summary>
/// A store that keeps no more than the contract: it does the steps of a call one by one, each a commit of its own, so
/// that others see the rows in between and a crash may come there. With a <see cref="StepScript"/> it does.
/// </summary>
public abstract class StepwiseStore(IRowStore store) : PassingStore(store)
{
    private readonly IRowStore _store = store;
    private readonly ConcurrentDictionary<RowKey, int> _hidden = [];
    private readonly AsyncLocal<StepScript?> _script = new();

    /// <summary>What befalls the caller and whatever it calls; others are not touched.</summary>
    public StepScript? Script
    {
        get => _script.Value;
        set => _script.Value = value;
    }

    /// <summary>
    /// How many reads do not see a row that is named by its content after it was first written: a replica that is
    /// behind.
    /// </summary>
    public int HidesReads { get; set; }

    /// <summary>The replica has caught up: all is seen, and what comes as well.</summary>
    public void CatchUp()
    {
        HidesReads = 0;
        _hidden.Clear();
    }

    /// <inheritdoc/>
    public override async ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct) =>
        Sees(key) ? await _store.ReadAsync(key, ct) : null;

    /// <inheritdoc/>
    public override async ValueTask<Row?> HeadAsync(RowKey key, CancellationToken ct) =>
        Sees(key) ? await _store.HeadAsync(key, ct) : null;

    /// <inheritdoc/>
    public override async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        int? lost = null;
        for (var i = 0; i < writes.Count; i++)
        {
            if (Script is { } before && await before.BeforeAsync() is { } fault)
                return new WriteResult.Unavailable(i, fault);
            var isNew = HidesReads > 0 && writes[i] is RowWrite.Ensure
                && await _store.ReadAsync(writes[i].Key, ct) is null;
            switch (await _store.WriteAsync([writes[i]], i == 0 ? ct : CancellationToken.None))
            {
                case WriteResult.Refused:
                    return Told(new WriteResult.Refused(i));
                case WriteResult.Unavailable(_, var reason):
                    return Told(new WriteResult.Unavailable(i, reason));
            }

            if (isNew) _hidden[writes[i].Key] = HidesReads;
            if (Script is { } after && after.After()) lost = i;
            if (lost is not null && Script is not { DoesRest: true }) break;
        }

        return Told(new WriteResult.Written());

        WriteResult Told(WriteResult result) =>
            lost is { } step ? new WriteResult.Unavailable(step, StoreFault.Failed) : result;
    }

    private bool Sees(RowKey key)
    {
        Script?.Read();
        if (!_hidden.TryGetValue(key, out var left)) return true;
        if (left <= 1) _hidden.TryRemove(key, out _);
        else _hidden[key] = left - 1;
        return left <= 0;
    }
}

/// <summary>A data store that goes step by step.</summary>
public sealed class StepwiseDataStore(IDataStore store) : StepwiseStore(store), IDataStore
{
    /// <inheritdoc/>
    public bool HasJournals => store.HasJournals;

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(CancellationToken ct) => store.ForgetAsync(ct);
}

/// <summary>A key store that goes step by step.</summary>
public sealed class StepwiseKeyStore(IKeyStore store) : StepwiseStore(store), IKeyStore;
