using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>keyrecovery activity</c>: what was done to the account, for people and for machines.</summary>
[Collection(CliTests.Name)]
public sealed class ActivityTests(CliFixture fixture)
{
    // As long as a busy machine may take; the log waits for a quarter of a second.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_person_reads_who_did_what_and_from_where_and_machines_are_told_the_same()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        (await phone.TypeAsync("content", "backup", "put", "a", "-")).Ended(0);
        var laptop = fixture.NewDevice();
        var joined = (await laptop.TypeAsync(
            code, "recover", "--code", "--remove", "none", "--name", "laptop", "--json")).Ended(0).Text("deviceId");

        var told = await ProvedAsync(phone);
        // A slot's readings are told as well.
        var entries = told.GetProperty("entries").EnumerateArray()
            .Where(e => e.GetProperty("event").GetString() is "created" or "committed").ToList();
        Assert.Equal(
            ["committed slot", "committed device", "created device"],
            entries.Select(e => $"{e.GetProperty("event")} {e.GetProperty("role")}"));
        Assert.Equal("127.0.0.0/24", entries[0].GetProperty("network").GetString());
        Assert.Equal(joined, entries[0].GetProperty("added")[0].GetProperty("id").GetString());
        Assert.Equal("laptop", entries[0].GetProperty("added")[0].GetProperty("name").GetString());
        Assert.False(told.TryGetProperty("before", out _) || told.TryGetProperty("finding", out _));

        var shown = (await phone.RunAsync("activity")).Ended(0).Output;
        Assert.Contains($"added laptop ({joined[..8]})", shown, StringComparison.Ordinal);
        Assert.Contains("changed items or names", shown, StringComparison.Ordinal);
        Assert.Contains("made the account", shown, StringComparison.Ordinal);
        Assert.Contains("recovery code (", shown, StringComparison.Ordinal);
        Assert.Contains("just now", shown, StringComparison.Ordinal);
        Assert.Equal(told.GetProperty("entries").GetArrayLength(), shown.Split("✓ proved").Length - 1);
        Assert.Contains("Checked against the log", shown, StringComparison.Ordinal);

        var page = (await phone.RunAsync("activity", "--limit", "1")).Ended(0).Output;
        var newest = told.GetProperty("entries")[0].GetProperty("number").GetInt32();
        Assert.Contains($"keyrecovery activity --before {newest} --limit 1", page, StringComparison.Ordinal);
        var next = (await phone.RunAsync("activity", "--before", "2", "--limit", "1", "--json")).Ended(0).Json;
        Assert.Equal(1, next.GetProperty("entries")[0].GetProperty("number").GetInt32());
        Assert.Equal(1, next.GetProperty("before").GetInt32());
    }

    [Fact]
    public async Task A_recovery_reads_the_log_first_where_that_is_asked_for_and_says_what_it_means()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        await ProvedAsync(phone);
        var run = (await fixture.NewDevice().TypeAsync(code, "recover", "--code", "--remove", "none", "--scan-log"))
            .Ended(0);
        Assert.Contains("it has no change of the account that the server does not show", run.Error + run.Output,
            StringComparison.Ordinal);
        Assert.Contains("no witness of the log was asked", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--limit takes 1 to 1000", "--limit", "0")]
    [InlineData("--limit takes 1 to 1000", "--limit", "1001")]
    [InlineData("--before takes a whole number", "--before", "x")]
    public async Task What_is_no_number_is_told(string message, params string[] arguments)
    {
        var run = (await fixture.NewDevice().RunAsync(["activity", .. arguments])).Ended(2);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_pins_the_log_and_another_one_is_told()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        await ProvedAsync(phone);
        using var http = new HttpClient { BaseAddress = fixture.Server.Address };
        var key = JsonDocument.Parse(await http.GetStringAsync("/audit/key")).RootElement.GetProperty("log");
        var policy = await fixture.NewFileAsync(System.Text.Encoding.UTF8.GetBytes($"log {key}\nquorum none\n"));
        (await phone.RunAsync("activity", "--log-policy", policy)).Ended(0);

        var strange = await fixture.NewFileAsync(
            "log other.example/log+8b8b8b8b+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\nquorum none\n"u8.ToArray());
        Assert.Contains(
            "--log-policy", (await phone.RunAsync("activity", "--log-policy", strange)).Ended(2).Error,
            StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ProvedAsync(CommandLine device)
    {
        for (var end = DateTime.UtcNow + Longest; DateTime.UtcNow < end; await Task.Delay(100))
        {
            var told = (await device.RunAsync("activity", "--json")).Ended(0).Json;
            if (told.GetProperty("entries").EnumerateArray().All(e => e.GetProperty("proved").GetBoolean()))
                return told;
        }

        throw new TimeoutException("the log does not come");
    }
}
