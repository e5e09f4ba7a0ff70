using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing.Stores;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>Operators' jobs: none of their lines is passed over, and they do not stay for ever.</summary>
public sealed class ErasureJobTests
{
    private readonly TestRandom _random = new(19);

    [Fact]
    public async Task A_full_key_store_passes_over_no_line_and_ends_the_pass()
    {
        HeldKeyStore held = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, _random,
            store => held = new HeldKeyStore(store));
        await server.NewAccountAsync(_random, "anna");
        var job = await server.FileErasuresAsync("nobody", "anna", "no one");
        // Full for one write, wherever that is: then there is room again.
        for (var full = 0; full < 6; full++)
        {
            var left = full;
            held.InsteadOfWrite = _ => left-- == 0 ? new WriteResult.Unavailable(0, StoreFault.Full) : null;
            try
            {
                await server.Service.Erasures.ResumeAsync(default).WaitAsync(TimeSpan.FromSeconds(60));
            }
            catch (StoreUnavailableException)
            {
                // The alarm.
            }
        }

        // Full for good: a pass ends, and does not spin.
        held.InsteadOfWrite = _ => new WriteResult.Unavailable(0, StoreFault.Full);
        var second = await Record.ExceptionAsync(() => server.Service.Erasures.ResumeAsync(default)
            .WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(second is null or StoreUnavailableException, $"{second}");
        held.InsteadOfWrite = null;
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal([LineOutcome.Unknown, LineOutcome.Erased, LineOutcome.Unknown],
            (await server.JobAsync(job)).Outcomes.Select(o => o.Outcome));
    }

    [Fact]
    public async Task A_pass_over_a_store_that_is_full_when_only_the_jobs_own_row_is_left_ends()
    {
        HeldKeyStore held = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, _random,
            store => held = new HeldKeyStore(store));
        var job = await server.FileErasuresAsync("nobody");
        held.InsteadOfWrite = writes => writes[0].Key.Table == Table.ErasureJobs
            ? new WriteResult.Unavailable(0, StoreFault.Full) : null;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => server.Service.Erasures.ResumeAsync(limit.Token));
        held.InsteadOfWrite = null;
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal([LineOutcome.Unknown], (await server.JobAsync(job)).Outcomes.Select(o => o.Outcome));
    }

    [Fact]
    public async Task A_list_of_strangers_costs_a_few_reads_a_line_and_twins_share_a_receipt()
    {
        const int Lines = 600;
        CountingKeyStore counting = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, _random,
            store => counting = new CountingKeyStore(store));
        await server.NewAccountAsync(_random, "anna");
        var job = await server.FileErasuresAsync(
            ["anna", .. Enumerable.Range(0, Lines).Select(i => $"stranger {i}"), "anna"]);
        var before = counting.Rows;
        await server.Service.Erasures.ResumeAsync(default);
        // Each line reading all before it would be 180,000.
        Assert.InRange(counting.Rows - before, Lines, 10 * Lines);
        var report = await server.JobAsync(job);
        Assert.Equal((Lines + 2, 2, Lines, 0), (report.Lines, report.Erased, report.Unknown, report.Pending));
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing_and_a_job_goes_thirty_days_after_it_was_filed()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "anna");
        string[] many = [.. Enumerable.Range(0, 600).Select(i => $"stranger {i}")];
        await Assert.ThrowsAsync<IOException>(() => server.FileErasuresAsync(many, 550));
        Assert.Equal(0, await server.CountAsync(Table.ErasureJobs, Table.ErasureLines));

        var job = await server.FileErasuresAsync("anna", "nobody");
        // Lines of an upload that a crash cut short.
        var stray = ErasureJobRows.PlaceOf(_random.Bytes(16), 1);
        await server.Keys.WriteAsync([new RowWrite.Create(stray, new byte[] { 1 })], default);
        await server.Service.Erasures.ResumeAsync(default);
        server.Time.Advance(TimeSpan.FromDays(29));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        Assert.Equal((1, 2), (await server.CountAsync(Table.ErasureJobs), await server.CountAsync(Table.ErasureLines)));
        Assert.Equal(1, (await server.JobAsync(job)).Erased);
        server.Time.Advance(TimeSpan.FromDays(2));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        Assert.Null(await server.Service.Erasures.Jobs.ReadAsync(job, TestAccount.DefaultApp, 0, 1, default));
        Assert.Equal(0, await server.CountAsync(Table.ErasureJobs, Table.ErasureLines));
        // The receipt outlives it.
        Assert.Equal(1, await server.CountAsync(Table.Erasures));
    }

    [Fact]
    public async Task A_job_that_is_not_done_stays_however_old()
    {
        await using var server = await TestService.OpenAsync();
        var job = await server.FileErasuresAsync("nobody");
        server.Time.Advance(TimeSpan.FromDays(90));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(1, (await server.JobAsync(job)).Unknown);
    }
}
