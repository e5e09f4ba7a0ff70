using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// F23: an operator's file, filed again after somebody in it has registered anew. A job names the accounts of its day:
/// it erases nobody who has come back, and says so; a job that is filed after it erases them.
/// </summary>
public sealed class FiledAgainTests
{
    private static readonly string[] File = ["anna", "nobody", "ben", "anna"];
    private static readonly string[] AnnaAndNobody =
        ["erased, returned", "unknown, returned", "erased", "erased, returned"];

    private readonly TestRandom _random = new(23);

    [Fact]
    public async Task F23_whoever_has_come_back_is_told_and_lives_and_the_receipts_stay_those_of_that_day()
    {
        await using var server = await TestService.OpenAsync();
        await RegisterAsync(server, "anna", "ben");
        var job = await server.FileErasuresAsync(File);
        var first = await DoneAsync(server, job);
        Assert.Equal(["erased", "unknown", "erased", "erased"], Told(first));

        await RegisterAsync(server, "anna", "nobody");
        // Nothing of it is told before it was looked at.
        Assert.Equal(job.ToArray(), (await server.FileErasuresAsync(File)).ToArray());
        var filed = await server.JobAsync(job);
        Assert.Equal(
            (4, 0, 0, 4, 0), (filed.Lines, filed.Erased, filed.Unknown, filed.Pending, filed.Returned));
        Assert.Equal(["pending", "pending", "pending", "pending"], Told(filed));

        // However often it comes: whoever lost an answer may ask again, and whoever replays a file erases nobody.
        for (var again = 0; again < 2; again++)
        {
            var told = await DoneAsync(server, job);
            Assert.Equal(
                (4, 3, 1, 0, 3), (told.Lines, told.Erased, told.Unknown, told.Pending, told.Returned));
            Assert.Equal(AnnaAndNobody, Told(told));
            Assert.Equal(Receipts(first), Receipts(told));
            Assert.Equal(2, await LiveAsync(server));
            await server.FileErasuresAsync(File);
        }

        await SoundAsync(server);
    }

    [Fact]
    public async Task F23_a_job_filed_after_it_erases_whoever_has_come_back_and_names_the_accounts_of_its_own_day()
    {
        await using var server = await TestService.OpenAsync();
        await RegisterAsync(server, "anna", "ben");
        var first = await server.FileErasuresAsync(File);
        var before = await DoneAsync(server, first);
        await RegisterAsync(server, "anna", "nobody");

        var second = await FileAfterAsync(server, first);
        Assert.NotEqual(first.ToArray(), second.ToArray());
        var told = await DoneAsync(server, second);
        Assert.Equal(["erased", "erased", "unknown", "erased"], Told(told));
        Assert.Equal(0, told.Returned);
        Assert.Equal(0, await LiveAsync(server));
        Assert.NotEqual(Receipts(before)[0], Receipts(told)[0]);

        // Once more it is the same job; whoever comes back a second time needs one after that.
        await RegisterAsync(server, "anna");
        Assert.Equal(second.ToArray(), (await FileAfterAsync(server, first)).ToArray());
        Assert.Equal(
            ["erased, returned", "erased", "unknown", "erased, returned"], Told(await DoneAsync(server, second)));
        Assert.Equal(1, await LiveAsync(server));
        var third = await FileAfterAsync(server, second);
        Assert.Equal(["erased", "unknown", "unknown", "erased"], Told(await DoneAsync(server, third)));
        Assert.Equal(0, await LiveAsync(server));

        // Nobody is there any more: the first job tells what it told on its day.
        await server.FileErasuresAsync(File);
        Assert.Equal(Told(before), Told(await DoneAsync(server, first)));
        Assert.Equal(Receipts(before), Receipts(await server.JobAsync(first)));
        await SoundAsync(server);
    }

    [Fact]
    public async Task F23_only_a_filing_looks_for_whoever_has_come_back()
    {
        await using var server = await TestService.OpenAsync();
        await RegisterAsync(server, "anna");
        var job = await server.FileErasuresAsync(File);
        var first = await DoneAsync(server, job);
        await RegisterAsync(server, "anna");
        var later = await DoneAsync(server, job);
        Assert.Equal(Told(first), Told(later));
        Assert.Equal(Receipts(first), Receipts(later));
        Assert.Equal(1, await LiveAsync(server));
    }

    [Fact]
    public async Task F23_a_line_that_nobody_has_looked_at_names_whoever_the_user_is_when_somebody_does()
    {
        await using var server = await TestService.OpenAsync();
        var job = await server.FileErasuresAsync(File);
        await RegisterAsync(server, "anna");
        await server.FileErasuresAsync(File);
        Assert.Equal(["erased", "unknown", "unknown", "erased"], Told(await DoneAsync(server, job)));
        Assert.Equal(0, await LiveAsync(server));
    }

    [Fact]
    public async Task F23_filed_again_while_it_runs_no_line_is_passed_over_and_nobody_who_came_back_is_erased()
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        await RegisterAsync(server, "anna", "ben");
        var job = await server.FileErasuresAsync(File);
        // The first pass ends where it would count what it has done; meanwhile the file comes again, and anna too.
        held.InsteadOfWrite = writes => writes[0].Key.Table == Table.ErasureJobs
            ? new WriteResult.Unavailable(0, StoreFault.Full) : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => server.Service.Erasures.ResumeAsync(default));
        held.InsteadOfWrite = null;
        await RegisterAsync(server, "anna");
        await server.FileErasuresAsync(File);
        Assert.Equal(
            ["erased, returned", "unknown", "erased", "erased, returned"], Told(await DoneAsync(server, job)));
        Assert.Equal(1, await LiveAsync(server));
        await SoundAsync(server);
    }

    [Theory]
    [InlineData("anna", "erased")]
    [InlineData("nobody", "unknown")]
    public async Task F23_a_pass_that_stands_still_before_it_looks_for_a_user_erases_nobody_who_came_meanwhile(
        string user, string outcome)
    {
        HeldKeyStore held = null!;
        await using var server = await OpenAsync(store => held = new HeldKeyStore(store));
        await RegisterAsync(server, "anna");
        var job = await server.FileErasuresAsync(user);
        // It has read the line, which nobody had looked at. Another pass carries the job out, and the user registers.
        var wasHeld = false;
        held.BeforeRead = async key =>
        {
            if (key.Table != Table.Subjects) return;
            held.BeforeRead = null;
            wasHeld = true;
            Assert.Equal([outcome], Told(await DoneAsync(server, job)));
            await RegisterAsync(server, user);
        };
        await server.Other.Erasures.ResumeAsync(default);
        Assert.True(wasHeld);
        Assert.Equal([outcome], Told(await DoneAsync(server, job)));
        await server.FileErasuresAsync(user);
        Assert.Equal([$"{outcome}, returned"], Told(await DoneAsync(server, job)));
        await SoundAsync(server);
    }

    [Fact]
    public async Task F23_the_file_of_a_job_that_has_gone_is_a_new_job()
    {
        await using var server = await TestService.OpenAsync();
        await RegisterAsync(server, "anna");
        var job = await server.FileErasuresAsync(File);
        await DoneAsync(server, job);
        await RegisterAsync(server, "anna");
        server.Time.Advance(TimeSpan.FromDays(31));
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
        await server.FileErasuresAsync(File);
        Assert.Equal(["erased", "unknown", "unknown", "erased"], Told(await DoneAsync(server, job)));
        Assert.Equal(0, await LiveAsync(server));
    }

    private Task<TestService> OpenAsync(Func<IKeyStore, IKeyStore> between) => TestService.OpenAsync(
        Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, _random, between);

    private async Task RegisterAsync(TestService server, params string[] users)
    {
        foreach (var user in users) await server.NewAccountAsync(_random, user);
    }

    private static Task<ReadOnlyMemory<byte>> FileAfterAsync(TestService server, ReadOnlyMemory<byte> job) =>
        server.FileErasuresAsync(File, File.Length, job);

    private static string[] Told(ErasureJobReport report) =>
    [
        .. report.Outcomes.Select(o => o.Outcome.ToString().ToLowerInvariant() + (o.IsReturned ? ", returned" : "")),
    ];

    private static string[] Receipts(ErasureJobReport report) =>
        [.. report.Outcomes.Select(o => Convert.ToHexString(o.Receipt.Span))];

    private static async Task<ErasureJobReport> DoneAsync(TestService server, ReadOnlyMemory<byte> job)
    {
        await server.Service.Erasures.ResumeAsync(default);
        return await server.JobAsync(job);
    }

    private static async Task<int> LiveAsync(TestService server)
    {
        var live = 0;
        await foreach (var row in server.Keys.ScanAsync(Table.KeyRows, default))
            if (KeyRow.Decode(row.Value).State == KeyRowState.Live) live++;
        return live;
    }

    private static async Task SoundAsync(TestService server) =>
        Assert.Empty((await server.Service.Audit.RunAsync(default)).Damaged);
}
