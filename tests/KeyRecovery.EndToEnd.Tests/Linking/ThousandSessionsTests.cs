using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Linking;

/// <summary>The relay under many at once, a thousand in a whole run, and under somebody who guesses.</summary>
public sealed class ThousandSessionsTests(ITestOutputHelper output)
{
    private static readonly int Accounts = Rounds.Of(250);
    private const int SessionsEach = 4;
    private static readonly int WrongTokens = Rounds.Of(10_000);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Sessions_at_once_all_complete_while_ten_times_as_many_wrong_tokens_get_nothing()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"]);
        var phones = new TestDevice[Accounts];
        var vaults = new VaultSession[Accounts];
        await Parallel.ForAsync(0, Accounts, async (i, _) =>
        {
            phones[i] = new TestDevice(server.Address);
            vaults[i] = await phones[i].CreateAsync(await server.TokenAsync($"linker {i}"), null);
        });

        using var http = new HttpClient { BaseAddress = server.Address };
        var eight = new ParallelOptions { MaxDegreeOfParallelism = 8 };
        var storm = Parallel.ForAsync(0, WrongTokens, eight, async (i, ct) =>
        {
            var session = Text(16);
            using var answer = await http.PostAsJsonAsync(
                $"/v1/links/{session}/claim", new { joinToken = Text(32), bearerHash = Text(32) }, ct);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        });
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Accounts * SessionsEach).Select(async i =>
        {
            var bundle = RandomNumberGenerator.GetBytes(1000);
            using var laptop = new TestDevice(server.Address);
            var linked = await LinkedPair.LinkAsync(vaults[i % Accounts], laptop, bundle, $"laptop {i / Accounts}");
            Assert.Equal(bundle, linked.Bundle.Span.ToArray());
            linked.Vault.Dispose();
            linked.Bundle.Dispose();
        }));
        output.WriteLine($"{Accounts * SessionsEach} sessions in {watch.Elapsed.TotalSeconds:0.0} s, beside a storm");
        await storm;

        foreach (var vault in vaults)
        {
            TestDevice.Value(await vault.RefreshAsync());
            Assert.Equal(1 + SessionsEach, vault.Authorities.Length);
            vault.Dispose();
        }
        foreach (var phone in phones) phone.Dispose();
    }

    private static string Text(int bytes) => Protocol.Wire.Base64UrlText.Encode(RandomNumberGenerator.GetBytes(bytes));
}
