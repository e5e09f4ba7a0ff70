using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Storage.Tests.Contract;

/// <summary>What befalls a process in other tests really befalls it.</summary>
public sealed class StepScriptTests : IAsyncLifetime, IDisposable
{
    private readonly StoreFolder _folder = new();
    private SqliteStorePair _pair = null!;
    private StepwiseDataStore _store = null!;

    public async Task InitializeAsync() => _store = new StepwiseDataStore((_pair = await _folder.OpenAsync()).Data);

    public async Task DisposeAsync() => await _pair.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_process_that_is_cut_has_done_the_steps_before_and_neither_reads_nor_writes_any_more()
    {
        await Task.Run(async () =>
        {
            _store.Script = StepScript.Of(StepFate.Cut, 2);
            await Assert.ThrowsAsync<ProcessDiedException>(async () => await WriteThreeAsync());
            await Assert.ThrowsAsync<ProcessDiedException>(async () => await _store.ReadAsync(Key(1), default));
            await Assert.ThrowsAsync<ProcessDiedException>(async () => await WriteThreeAsync());
        });
        Assert.Equal((true, true, false), await ThereAsync());
    }

    [Fact]
    public async Task A_step_whose_answer_is_lost_is_done_and_the_store_says_that_it_could_not()
    {
        await Task.Run(async () =>
        {
            _store.Script = StepScript.Of(StepFate.AnswerLost, 2);
            Assert.Equal(new WriteResult.Unavailable(1, StoreFault.Failed), await WriteThreeAsync());
        });
        Assert.Equal((true, true, false), await ThereAsync());
    }

    [Theory]
    [InlineData(StepFate.NotDone, StoreFault.Failed)]
    [InlineData(StepFate.Busy, StoreFault.Busy)]
    [InlineData(StepFate.Full, StoreFault.Full)]
    public async Task A_step_that_the_store_cannot_do_is_not_done_nor_are_those_behind_it(StepFate fate, StoreFault why)
    {
        await Task.Run(async () =>
        {
            _store.Script = StepScript.Of(fate, 2);
            Assert.Equal(new WriteResult.Unavailable(1, why), await WriteThreeAsync());
        });
        Assert.Equal((true, false, false), await ThereAsync());
    }

    [Fact]
    public async Task A_call_that_is_done_together_is_done_to_its_end_though_the_answer_to_a_step_is_lost()
    {
        await Task.Run(async () =>
        {
            _store.Script = StepScript.Of(StepFate.CallDone, 2);
            Assert.Equal(new WriteResult.Unavailable(1, StoreFault.Failed), await WriteThreeAsync());
        });
        Assert.Equal((true, true, true), await ThereAsync());
    }

    [Fact]
    public async Task A_frozen_process_stands_between_two_steps_and_goes_on_when_others_have_written()
    {
        var script = StepScript.Of(StepFate.Frozen, 2);
        var frozen = Task.Run(async () =>
        {
            _store.Script = script;
            return await WriteThreeAsync();
        });
        await script.Frozen.Task;
        Assert.Equal((true, false, false), await ThereAsync());
        Assert.IsType<WriteResult.Written>(
            await _store.WriteAsync([new RowWrite.Create(Key(2), new byte[] { 7 })], default));
        script.Thaw();
        Assert.Equal(new WriteResult.Refused(1), await frozen);
        Assert.Equal((true, true, false), await ThereAsync());
    }

    [Fact]
    public async Task A_row_that_is_named_by_its_content_looks_absent_for_a_while()
    {
        _store.HidesReads = 2;
        await _store.WriteAsync(
            [new RowWrite.Ensure(Key(1), new byte[] { 1 }), new RowWrite.Create(Key(2), new byte[] { 1 })], default);
        Assert.Null(await _store.ReadAsync(Key(1), default));
        Assert.NotNull(await _store.ReadAsync(Key(2), default));
        Assert.Null(await _store.ReadAsync(Key(1), default));
        Assert.NotNull(await _store.ReadAsync(Key(1), default));
    }

    private static RowKey Key(byte id) => new(Table.Items, new[] { id });

    private ValueTask<WriteResult> WriteThreeAsync() =>
        _store.WriteAsync(
            [.. Enumerable.Range(1, 3).Select(i => new RowWrite.Create(Key((byte)i), new byte[] { 1 }))], default);

    private async Task<(bool, bool, bool)> ThereAsync() => (
        await _pair.Data.ReadAsync(Key(1), default) is not null,
        await _pair.Data.ReadAsync(Key(2), default) is not null,
        await _pair.Data.ReadAsync(Key(3), default) is not null);
}
