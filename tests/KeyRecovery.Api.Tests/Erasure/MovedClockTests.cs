using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Api.Maintenance;
using KeyRecovery.Api.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Erasure;

/// <summary>Somebody sets the server's clock past the end of a hold.</summary>
public sealed class MovedClockTests
{
    [Fact]
    public async Task F25_a_clock_set_past_the_end_of_a_hold_raises_the_alarm_and_erases_nobody()
    {
        var clock = new MovableClock();
        await using var host =
            await TestHost.StartAsync(adjust: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var account = await TestAccount.CreateAsync(host);
        using (var answer = await account.SendAsync(account.Phone, HttpMethod.Post, "/v1/erasure?round=0"))
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var work = host.Services.GetRequiredService<ErasureWork>();
        // Until the log has it, and the account's activity tells it.
        while (await work.RunAsync(default)) await Task.Delay(50);
        Assert.DoesNotContain("ErasurePending", Log(host), StringComparison.Ordinal);
        Assert.DoesNotContain("ClockMoved", Log(host), StringComparison.Ordinal);

        clock.Move(TimeSpan.FromHours(80));
        // Alarmed, and not again every two seconds.
        Assert.False(await work.RunAsync(default));
        Assert.Contains("ErasurePending", Log(host), StringComparison.Ordinal);
        Assert.Contains("ClockMoved", Log(host), StringComparison.Ordinal);
        Assert.Contains("clock was moved", Log(host), StringComparison.Ordinal);

        clock.Move(TimeSpan.FromHours(-80));
        using var status = await account.SendAsync(account.Phone, HttpMethod.Get, "/v1/erasure");
        Assert.Equal("held", (await status.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
    }

    private static string Log(TestHost host)
    {
        using var file = new FileStream(
            Path.Combine(host.DataDirectory, "log.json"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
