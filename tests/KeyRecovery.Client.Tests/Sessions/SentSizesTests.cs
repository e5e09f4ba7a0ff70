using System.Security.Cryptography;
using System.Text.RegularExpressions;
using KeyRecovery.Client.Tests.Linking;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>
/// Z12: what somebody who sees only sizes sees of a life of an account: made, written to, linked, recovered. Within a
/// class of padding it is the same, whatever the names, the contents and the bundle are.
/// </summary>
[Collection(ServerTests.Name)]
public sealed partial class SentSizesTests(ServerFixture fixture)
{
    private static readonly Life Short = new(new string('a', 4), new byte[40], new byte[1_000]);

    [Fact]
    public async Task Z12_names_contents_and_bundles_of_one_class_are_one_to_who_sees_sizes()
    {
        var other = new Life(
            new string('b', 10), RandomNumberGenerator.GetBytes(200), RandomNumberGenerator.GetBytes(1_015));
        Assert.Equal(await SeenAsync(Short), await SeenAsync(other));
    }

    [Fact]
    public async Task Z12_control_another_class_of_content_or_bundle_is_seen_where_it_goes()
    {
        var seen = await SeenAsync(Short);
        var content = (await SeenAsync(Short with { Content = new byte[300] })).Except(seen).ToList();
        Assert.Contains(content, line => line.StartsWith("POST /v1/commits", StringComparison.Ordinal));
        Assert.DoesNotContain(content, line => line.StartsWith("PUT /v1/links", StringComparison.Ordinal));
        var bundle = Assert.Single((await SeenAsync(Short with { Bundle = new byte[1_100] })).Except(seen), IsSent);
        Assert.Matches("^PUT /v1/links/\\*/e/", bundle);
    }

    // What each device sent and was answered, in its order, without what both wait for.
    private async Task<List<string>> SeenAsync(Life life)
    {
        var seen = new List<string>();
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = Watch(new TestDevice(fixture.Server.Address), seen);
        using var vault = await phone.CreateAsync(
            await fixture.Server.TokenAsync($"{Guid.NewGuid()}"), code, "phone",
            new ItemEdit.Put("item", life.Content));
        TestDevice.Value(await vault.PutAsync(life.Name, life.Content));
        TestDevice.Value(await vault.PutAsync(life.Name, life.Content));

        var onLaptop = new List<string>();
        using var laptop = Watch(new TestDevice(fixture.Server.Address), onLaptop);
        var digits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var link = TestDevice.Value(await vault.BeginLinkAsync());
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, _) => digits.Task,
                Consent = (_, _) => Task.FromResult(true),
            }, life.Bundle);
        using (var linked = TestDevice.Value(await LinkScene.ScanAsync(laptop, link.QrText, digits.SetResult)).Vault)
            Assert.Equal(life.Content, TestDevice.Value(await linked.GetAsync(life.Name)));
        TestDevice.Value(await existing);

        var onNext = new List<string>();
        using var next = Watch(new TestDevice(fixture.Server.Address), onNext);
        using (var recovered = await next.RecoverAsync(code))
            Assert.Equal(life.Content, TestDevice.Value(await recovered.GetAsync(life.Name)));
        return [.. seen, .. onLaptop, .. onNext];
    }

    private static TestDevice Watch(TestDevice device, List<string> seen)
    {
        device.Relay.OnRequest = (request, body) =>
        {
            if (request.Method != HttpMethod.Get) seen.Add($"{Line(request)} sends {body.Length}");
            return null;
        };
        device.Relay.OnAnswer = (request, body) =>
        {
            // How often one side asks before the other has answered is chance; and how far the log is, which everybody
            // sees, is in the proofs of its answers.
            if (body.Length > 0 && request.RequestUri!.AbsolutePath != "/v1/activity")
                seen.Add($"{Line(request)} gets {body.Length}");
            return body;
        };
        return device;
    }

    private static bool IsSent(string line) => line.Contains(" sends ", StringComparison.Ordinal);

    private static string Line(HttpRequestMessage request) =>
        $"{request.Method} {Ids().Replace(request.RequestUri!.AbsolutePath, "*")}";

    [GeneratedRegex("[A-Za-z0-9_-]{22,}")]
    private static partial Regex Ids();

    private sealed record Life(string Name, byte[] Content, byte[] Bundle);
}
