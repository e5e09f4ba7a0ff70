using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;
using KeyRecovery.Testing.Stores;

namespace KeyRecovery.Service.Tests.Erasure;

/// <summary>
/// F23: an operator's file, filed again after somebody in it has registered anew. A job names people, and not the
/// accounts that they had on the day when it was filed first.
/// </summary>
public sealed class FiledAgainTests
{
    private static readonly string[] File = ["anna", "nobody", "ben", "anna"];

    private readonly TestRandom _random = new(23);

    [Fact]
    public async Task F23_whoever_registered_anew_is_erased_with_a_new_receipt_and_the_others_keep_theirs()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "anna");
        await server.NewAccountAsync(_random, "ben");
        var job = await server.FileErasuresAsync(File);
        var first = await DoneAsync(server, job);
        Assert.Equal(
            [LineOutcome.Erased, LineOutcome.Unknown, LineOutcome.Erased, LineOutcome.Erased], Outcomes(first));

        await server.NewAccountAsync(_random, "anna");
        await server.NewAccountAsync(_random, "nobody");
        // Nothing of it is told as erased until it is.
        Assert.Equal(job.ToArray(), (await server.FileErasuresAsync(File)).ToArray());
        var filed = await server.JobAsync(job);
        Assert.Equal((4, 0, 0, 4), (filed.Lines, filed.Erased, filed.Unknown, filed.Pending));
        Assert.All(Outcomes(filed), outcome => Assert.Equal(LineOutcome.Pending, outcome));

        var second = await DoneAsync(server, job);
        Assert.Equal((4, 4, 0, 0), (second.Lines, second.Erased, second.Unknown, second.Pending));
        Assert.NotEqual(first.Outcomes[0].Receipt.ToArray(), second.Outcomes[0].Receipt.ToArray());
        Assert.Equal(second.Outcomes[0].Receipt.ToArray(), second.Outcomes[3].Receipt.ToArray());
        Assert.Equal(first.Outcomes[2].Receipt.ToArray(), second.Outcomes[2].Receipt.ToArray());
        Assert.False(second.Outcomes[1].Receipt.IsEmpty);
        Assert.Equal(0, await server.CountAsync(Table.Subjects));

        // And once more changes nothing: whoever lost an answer may ask again.
        await server.FileErasuresAsync(File);
        Assert.Equal(
            second.Outcomes.Select(o => Convert.ToHexString(o.Receipt.Span)),
            (await DoneAsync(server, job)).Outcomes.Select(o => Convert.ToHexString(o.Receipt.Span)));
    }

    [Fact]
    public async Task F23_whoever_registers_after_a_filing_found_them_waits_for_the_next_one()
    {
        await using var server = await TestService.OpenAsync();
        await server.NewAccountAsync(_random, "anna");
        var job = await server.FileErasuresAsync(File);
        var first = await DoneAsync(server, job);
        await server.NewAccountAsync(_random, "anna");
        await server.Service.Erasures.ResumeAsync(default);
        Assert.Equal(1, await server.CountAsync(Table.Subjects));
        Assert.Equal(
            first.Outcomes[0].Receipt.ToArray(), (await server.JobAsync(job)).Outcomes[0].Receipt.ToArray());
    }

    [Fact]
    public async Task F23_filed_again_while_it_runs_no_line_is_passed_over()
    {
        HeldKeyStore held = null!;
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-service-").FullName, _random,
            store => held = new HeldKeyStore(store));
        await server.NewAccountAsync(_random, "anna");
        await server.NewAccountAsync(_random, "ben");
        var job = await server.FileErasuresAsync(File);
        // The first pass ends where it would count what it has done; meanwhile the file comes again, and anna too.
        held.InsteadOfWrite = writes => writes[0].Key.Table == Table.ErasureJobs
            ? new WriteResult.Unavailable(0, StoreFault.Full) : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => server.Service.Erasures.ResumeAsync(default));
        held.InsteadOfWrite = null;
        await server.NewAccountAsync(_random, "anna");
        await server.FileErasuresAsync(File);
        Assert.Equal(
            [LineOutcome.Erased, LineOutcome.Unknown, LineOutcome.Erased, LineOutcome.Erased],
            Outcomes(await DoneAsync(server, job)));
        Assert.Equal(0, await server.CountAsync(Table.Subjects));
    }

    private static IEnumerable<LineOutcome> Outcomes(ErasureJobReport report) =>
        report.Outcomes.Select(o => o.Outcome);

    private static async Task<ErasureJobReport> DoneAsync(TestService server, ReadOnlyMemory<byte> job)
    {
        await server.Service.Erasures.ResumeAsync(default);
        return await server.JobAsync(job);
    }
}
