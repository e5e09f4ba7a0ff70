using System.Net;
using System.Net.Sockets;
using KeyRecovery.Api.Stores;
using KeyRecovery.Api.Telemetry;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Sqlite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Api.Tests.Hosting;

/// <summary>What an operator is told of stores that refuse: which file, why, and a count for an alert.</summary>
public sealed class StoreRefusalTests
{
    [Fact]
    public async Task Each_refusal_is_counted_by_its_reason_and_its_caller_told_nothing_of_that()
    {
        await using var host = await TestHost.StartAsync(map: app =>
        {
            foreach (var reason in Enum.GetValues<StoreFault>())
                app.MapGet($"/refuses/{(int)reason}", IResult () =>
                    throw new StoreUnavailableException(reason, "the store is away"));
        });
        using var alarms = new Alarms(host);
        foreach (var reason in Enum.GetValues<StoreFault>())
        {
            using var answer = await host.Client.GetAsync(new Uri($"/refuses/{(int)reason}", UriKind.Relative));
            Assert.Equal(
                reason == StoreFault.Full ? HttpStatusCode.InsufficientStorage : HttpStatusCode.ServiceUnavailable,
                answer.StatusCode);
            Assert.DoesNotContain("away", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.All((string[])["busy", "full", "read-only", "failed"],
            reason => Assert.Equal(1, alarms.Count($"keyrecovery.store_refusals {reason}")));
    }

    [Trait("Store", "Files")]
    [Theory]
    [InlineData("keys.db")]
    [InlineData("data.db")]
    public async Task A_file_that_is_damaged_is_named_and_the_other_is_not(string damaged)
    {
        using var directory = new TempDirectory();
        var home = new SqliteStoreHome(
            Path.Combine(directory.Path, "stores", "data.db"), Path.Combine(directory.Path, "keys", "keys.db"),
            SystemRandom.Instance, new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await home.NamedAsync(() => home.MigrateAsync());
        var file = Enum.GetValues<StoreKind>().Select(home.PlaceOf)
            .Single(place => Path.GetFileName(place) == damaged);
        await using (var bytes = File.OpenWrite(file)) bytes.Write(new byte[64]);

        var said = (await Assert.ThrowsAsync<StoreUnavailableException>(() => home.NamedAsync(home.OpenAsync))).Message;
        Assert.StartsWith($"{file} cannot be opened: the file is damaged, or its disk fails (SQLite error", said,
            StringComparison.Ordinal);
        Assert.DoesNotContain(" or /", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Why_is_told_of_what_is_made_to_be_told_and_of_the_system_and_of_nothing_else()
    {
        var full = new StoreUnavailableException(
            StoreFault.Full, "the log cannot be written", new IOException("anna's item", 28));
        Assert.Equal("the log cannot be written (Full); no space left on device", FailureWords.Of(full));
        Assert.Equal("a row of items is damaged",
            FailureWords.Of(new AggregateException(new RowDamagedException(Table.Items))));
        Assert.Equal("network: ConnectionRefused", FailureWords.Of(new IOException("IDX20804: anna",
            new HttpRequestException("anna", new SocketException((int)SocketError.ConnectionRefused)))));
        Assert.Equal("HTTP 503", FailureWords.Of(
            new HttpRequestException("anna", null, HttpStatusCode.ServiceUnavailable)));
        Assert.Null(FailureWords.Of(new InvalidOperationException("anna", new IOException("anna's item"))));
    }
}
