using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Cli.Tests.Threats;

/// <summary>
/// A server that shows another log than before is told at every command, with the evidence for machines, until the
/// person has seen it; and all commands work.
/// </summary>
public sealed class LyingLogTests(LiedToFixture fixture) : IClassFixture<LiedToFixture>
{
    [Fact]
    public async Task A_log_that_does_not_hold_is_told_until_it_is_dismissed_and_keeps_nobody_from_anything()
    {
        using var log = new ForgedLog();
        using var other = new ForgedLog("log.example/other");
        var (shown, known) = (log, 0UL);
        fixture.Proxy.Lie = answer =>
        {
            if (answer.Path == "/audit/key") return answer with { Body = shown.AuditKey(answer.Body) };
            if (answer.Path != "/v1/activity") return answer;
            var told = ForgedLog.Bytes(shown.Activity(answer.Body, known));
            known = shown.Size;
            return answer with { Body = told };
        };
        var device = fixture.NewDevice().Through(fixture.Proxy.Address);
        (await device.RunAsync("account", "create", "--no-code", "--token", await fixture.NewTokenAsync())).Ended(0);
        (await device.TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
        Assert.DoesNotContain("log", (await device.RunAsync("activity")).Ended(0).Error, StringComparison.Ordinal);

        // Another past: the proof that it goes on is one of the fork's own.
        log.Fork(0);
        var caught = (await device.RunAsync("activity", "--json")).Ended(1).Json;
        Assert.Equal("rolled-back", caught.GetProperty("error").GetString());
        Assert.Equal("forked-log", caught.GetProperty("fault").GetString());
        Assert.NotEqual(
            caught.GetProperty("log").GetProperty("known").GetString(),
            caught.GetProperty("log").GetProperty("served").GetString());
        var shownToPeople = await device.RunAsync("activity");
        Assert.Contains("do not trust", shownToPeople.Ended(1).Error, StringComparison.Ordinal);
        (await device.TypeAsync("more", "backup", "put", "a", "-")).Ended(0);
        var finding = await FindingAsync(device);
        Assert.Equal("forked-log", finding?.GetProperty("fault").GetString());

        // Another log altogether, whose operator says so.
        (shown, known) = (other, 0);
        Assert.Equal("log-key-changed", (await device.RunAsync("activity", "--json")).Ended(1).Text("error"));
        (await device.RunAsync("activity", "--new-log")).Ended(0);
        Assert.Null(await FindingAsync(device));
        (await device.RunAsync("activity", "--dismiss")).Ended(0);
    }

    // As machines are told, and people in a note.
    private static async Task<JsonElement?> FindingAsync(CommandLine device)
    {
        var isThere = (await device.RunAsync("account", "show", "--json")).Ended(0).Json
            .TryGetProperty("logFinding", out var finding);
        Assert.Equal(isThere, (await device.RunAsync("backup", "list")).Ended(0).Error
            .Contains("the server's log does not hold", StringComparison.Ordinal));
        return isThere ? finding : null;
    }
}
