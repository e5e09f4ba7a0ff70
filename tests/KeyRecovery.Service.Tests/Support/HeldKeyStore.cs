using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>The real key store, in front of which a test can stop a read or a write, or be faster than it.</summary>
internal sealed class HeldKeyStore(IKeyStore store) : PassingStore(store), IKeyStore
{
    private readonly IKeyStore _store = store;

    /// <summary>Awaited before each read of a row.</summary>
    public Func<RowKey, Task>? BeforeRead { get; set; }

    /// <summary>Awaited after each read of a row, before the reader has it.</summary>
    public Func<RowKey, Task>? AfterRead { get; set; }

    /// <summary>Awaited before each write.</summary>
    public Func<IReadOnlyList<RowWrite>, Task>? BeforeWrite { get; set; }

    /// <summary>Answers in the store's place, where it says something: a disk that is full.</summary>
    public Func<IReadOnlyList<RowWrite>, WriteResult?>? InsteadOfWrite { get; set; }

    public override async ValueTask<Row?> ReadAsync(RowKey key, CancellationToken ct)
    {
        if (BeforeRead is { } before) await before(key);
        var row = await _store.ReadAsync(key, ct);
        if (AfterRead is { } after) await after(key);
        return row;
    }

    public override async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        if (BeforeWrite is { } before) await before(writes);
        if (InsteadOfWrite?.Invoke(writes) is { } answer) return answer;
        return await _store.WriteAsync(writes, ct);
    }
}
