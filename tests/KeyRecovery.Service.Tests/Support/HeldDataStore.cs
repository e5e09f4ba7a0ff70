using KeyRecovery.Service.Stores;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>The real data store, in front of which a test hears of each write.</summary>
internal sealed class HeldDataStore(IDataStore store, Func<IReadOnlyList<RowWrite>, Task> beforeWrite)
    : PassingStore(store), IDataStore
{
    public override async ValueTask<WriteResult> WriteAsync(IReadOnlyList<RowWrite> writes, CancellationToken ct)
    {
        await beforeWrite(writes);
        return await store.WriteAsync(writes, ct);
    }

    public bool HasJournals => store.HasJournals;

    public ValueTask<bool> ForgetAsync(CancellationToken ct) => store.ForgetAsync(ct);
}
