using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Testing.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KeyRecovery.EndToEnd.Tests.Crashes;

/// <summary>
/// A server that is killed while a back end has a page in its hands: what was not answered comes again from the next
/// process, signed by the same key, and nothing is missed.
/// </summary>
public sealed class KilledWebhookTests
{
    private const int Rounds = 2;

    [Fact]
    public async Task Killed_with_a_page_on_its_way_it_tells_each_account_at_least_once()
    {
        using var folder = new TempFolder();
        var came = new ConcurrentQueue<(string Token, byte[] Body)>();
        var isHeld = true;
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        await using var back = builder.Build();
        back.MapPost("/", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            came.Enqueue((context.Request.Headers.Authorization.ToString()["Bearer ".Length..], body.ToArray()));
            if (Volatile.Read(ref isHeld)) await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await back.StartAsync();
        (string, string)[] settings =
        [
            ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"), ("Apps:0:Audience", "demo"),
            ("Apps:0:Events:Webhook", back.Urls.First()),
        ];

        var subjects = new List<string>();
        var server = await ServerProcess.StartAsync(folder["data"], 0, settings);
        try
        {
            var port = server.Address.Port;
            for (var i = 0; i < Rounds; i++)
            {
                subjects.Add($"user {i} <b>\u202E");
                using (var device = new TestDevice(server.Address))
                using (await device.CreateAsync(await server.TokenAsync(subjects[^1]), null, "phone", [])) { }

                // Each second time it is taken before the kill.
                Volatile.Write(ref isHeld, i % 2 == 0);
                await UntilAsync(() => came.Any(one => Subjects(one.Body).Contains(subjects[^1])));
                await server.KillAsync();
                await server.DisposeAsync();
                server = await ServerProcess.StartAsync(folder["data"], port, settings);
            }

            Volatile.Write(ref isHeld, false);
            subjects.Add("the last");
            using (var device = new TestDevice(server.Address))
            using (await device.CreateAsync(await server.TokenAsync(subjects[^1]), null, "phone", [])) { }
            await UntilAsync(() => came.Any(one => Subjects(one.Body).Contains("the last")));

            Assert.Equal(subjects.Order(StringComparer.Ordinal),
                came.SelectMany(one => Subjects(one.Body)).Distinct().Order(StringComparer.Ordinal));
            // What was in its hands when the first one died came once more.
            Assert.InRange(came.Count(one => Subjects(one.Body).Contains(subjects[0])), 2, int.MaxValue);
            // And all verifies by what the newest process tells, with nothing but the standard's own arithmetic.
            using var http = new HttpClient { BaseAddress = server.Address };
            var keys = JsonDocument.Parse(await http.GetStringAsync("/v1/jwks")).RootElement.GetProperty("keys");
            var key = Assert.Single(keys.EnumerateArray());
            Assert.All(came, one => Assert.True(IsSigned(key, one.Token, one.Body)));
            var (token, content) = came.First();
            Assert.False(IsSigned(key, token, [.. content, (byte)' ']));
        }
        finally
        {
            await server.DisposeAsync();
            await back.StopAsync(new CancellationToken(canceled: true));
        }
    }

    private static bool IsSigned(JsonElement key, string token, byte[] body)
    {
        var parts = token.Split('.');
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256, Q = { X = Bytes(key, "x"), Y = Bytes(key, "y") },
        });
        return ecdsa.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]),
                HashAlgorithmName.SHA256)
            && Bytes(JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement, "sha256")
                .AsSpan().SequenceEqual(SHA256.HashData(body));
    }

    private static byte[] Bytes(JsonElement from, string name) =>
        Base64Url.DecodeFromChars(from.GetProperty(name).GetString());

    private static IEnumerable<string> Subjects(byte[] body) =>
        JsonDocument.Parse(body).RootElement.GetProperty("events").EnumerateArray()
            .Select(one => one.GetProperty("subject").GetString()!);

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!isSo()) await Task.Delay(50, limit.Token);
    }
}
