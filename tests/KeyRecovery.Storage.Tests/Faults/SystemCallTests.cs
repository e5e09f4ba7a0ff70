using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Sqlite.Options;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Faults;

/// <summary>
/// Each system call by which SQLite writes fails, once and for good, under a write of several rows: what the store says
/// is true at once, after a power cut at that moment, and after all others.
/// </summary>
public sealed class SystemCallTests : IDisposable
{
    private const int MostCalls = 60;

    // errno, as Linux numbers them on all that .NET runs on.
    private const int InputOutput = 5, NoSpace = 28;

    private readonly StoreFolder _folder = new();

    public static TheoryData<JournalProfile, int, bool> Faults()
    {
        var data = new TheoryData<JournalProfile, int, bool>();
        foreach (var kind in Enum.GetValues<JournalProfile>())
            foreach (var error in new[] { InputOutput, NoSpace })
                foreach (var stays in new[] { false, true }) data.Add(kind, error, stays);
        return data;
    }

    public void Dispose() => _folder.Dispose();

    [NeedsTheory(Need.Linux)]
    [MemberData(nameof(Faults))]
    public async Task At_each_call_what_is_said_of_a_write_is_true_and_the_next_one_is_done(
        JournalProfile kind, int error, bool stays)
    {
        var (there, never) = (new List<RowWrite>(), new List<RowWrite>());
        var (at, failed) = (0, 0);
        await using (var pair = await _folder.OpenAsync())
        {
            var store = Of(pair, kind);
            for (var hasStruck = true; hasStruck; )
            {
                Assert.InRange(++at, 1, MostCalls);
                var steps = Steps(kind);
                var fault = new SystemCallFault(FolderOf(kind), error, at, stays);
                WriteResult result;
                using (SystemCalls.Begin(fault)) result = await store.WriteAsync(steps, default);
                hasStruck = fault.HasStruck;
                if (result is WriteResult.Unavailable(var index, var reason))
                {
                    Assert.True(hasStruck);
                    Assert.Equal(0, index);
                    // Where a journal cannot be made SQLite looks for one to be read, and forgets why.
                    if (kind != JournalProfile.Keys || reason != StoreFault.ReadOnly)
                        Assert.Equal(error == NoSpace ? StoreFault.Full : StoreFault.Failed, reason);
                    failed++;
                }

                // Together or not at all, and as it was said: here, and where the power goes now.
                var isWritten = result is WriteResult.Written;
                foreach (var step in steps) Assert.Equal((at, isWritten), (at, await IsThereAsync(store, step)));
                await AfterPowerCutAsync(kind, steps, isWritten);
                (isWritten ? there : never).AddRange(steps);
                var next = Steps(kind);
                Assert.Equal(new WriteResult.Written(), await store.WriteAsync(next, default));
                there.AddRange(next);
            }
        }

        // Some only clean up, and what is acknowledged then is there.
        Assert.InRange(failed, 3, at);
        await using var again = await _folder.OpenAsync();
        foreach (var step in there) Assert.True(await IsThereAsync(Of(again, kind), step));
        foreach (var step in never) Assert.False(await IsThereAsync(Of(again, kind), step));
        Assert.True((await again.CheckAsync()).IsSound);
    }

    private async Task AfterPowerCutAsync(JournalProfile kind, RowWrite[] steps, bool isWritten)
    {
        using var copy = new StoreFolder();
        foreach (var (from, to) in new[] { (_folder.DataFolder, copy.DataFolder), (_folder.KeyFolder, copy.KeyFolder) })
        {
            Directory.CreateDirectory(to);
            foreach (var file in Directory.GetFiles(from).Where(f => new FileInfo(f).Length > 0))
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        await using var pair = await copy.OpenAsync();
        foreach (var step in steps) Assert.Equal(isWritten, await IsThereAsync(Of(pair, kind), step));
        Assert.True((await pair.CheckAsync()).IsSound);
    }

    private string FolderOf(JournalProfile kind) =>
        kind == JournalProfile.Data ? _folder.DataFolder : _folder.KeyFolder;

    private static IRowStore Of(SqliteStorePair pair, JournalProfile kind) =>
        kind == JournalProfile.Data ? pair.Data : pair.Keys;

    private static RowWrite[] Steps(JournalProfile kind)
    {
        var table = kind == JournalProfile.Data ? Table.Items : Table.KeyRows;
        return
        [
            .. Enumerable.Range(0, 3).Select(_ => new RowWrite.Create(
                new RowKey(table, SystemRandom.Bytes(16)), SystemRandom.Bytes(9_000))),
        ];
    }

    private static async Task<bool> IsThereAsync(IRowStore store, RowWrite step) =>
        await store.ReadAsync(step.Key, default) is { } row
        && row.Value.Span.SequenceEqual(((RowWrite.Create)step).Value.Span);
}
