using System.Net.Http.Headers;
using System.Text;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats;

/// <summary>
/// Z08: an oracle tells by its answers which byte was wrong, or whether the rest was right. One byte of a signed
/// request is flipped, each in turn; no answer says more than the sender sees without it, and nothing is written.
/// </summary>
public sealed class FlippedByteTests(VaultFixture fixture) : IClassFixture<VaultFixture>
{
    private TestHost Host => fixture.Host;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Z08_whichever_byte_of_signature_digest_or_key_id_is_flipped_it_is_the_answer_to_a_stranger(
        bool byCode)
    {
        var sent = await SentAsync(byCode);
        var before = await StoreSnapshot.TakeAsync(Host);
        var stranger = await ShapeAsync(sent with { Headers = sent.Forged });
        Assert.StartsWith("401", stranger, StringComparison.Ordinal);
        var count = 0;
        foreach (var headers in Values(sent.Headers))
        {
            Assert.Equal(stranger, await ShapeAsync(sent with { Headers = headers }));
            count++;
        }

        Assert.Equal(64 + 32 + (byCode ? 16 : 32), count);
        Assert.Equal(before, await StoreSnapshot.TakeAsync(Host));
        // The control: all of them were one byte from this.
        Assert.StartsWith("200", await ShapeAsync(sent), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Z08_what_a_flipped_character_of_the_headers_is_answered_does_not_hang_on_the_signature(
        bool byCode)
    {
        var sent = await SentAsync(byCode);
        var before = await StoreSnapshot.TakeAsync(Host);
        var seen = new HashSet<string>();
        foreach (var name in new[] { "Signature-Input", "Content-Digest" })
        {
            for (var at = 0; at < sent.Headers[name].Length; at++)
            {
                var answer = await ShapeAsync(sent with { Headers = FlipCharacter(sent.Headers, name, at) });
                Assert.Equal(answer, await ShapeAsync(sent with { Headers = FlipCharacter(sent.Forged, name, at) }));
                seen.Add(answer);
            }
        }

        // The control: there are several answers to compare, each to a form that anybody sees.
        Assert.Equal(4, seen.Count);
        Assert.Equal(before, await StoreSnapshot.TakeAsync(Host));
    }

    [Fact]
    public async Task Z08_whichever_byte_of_the_body_is_flipped_the_answer_is_one()
    {
        var sent = await SentAsync(byCode: false);
        var before = await StoreSnapshot.TakeAsync(Host);
        var seen = new HashSet<string>();
        for (var at = 0; at < sent.Body.Length; at++)
            seen.Add(await ShapeAsync(sent with { Body = Flip(sent.Body, at) }));
        Assert.Contains("|field=content-digest|", Assert.Single(seen), StringComparison.Ordinal);
        Assert.Equal(before, await StoreSnapshot.TakeAsync(Host));
    }

    // A commit of the phone's, or a recovery by the code.
    private async Task<Sent> SentAsync(bool byCode)
    {
        var account = await TestAccount.CreateAsync(Host);
        using var vault = await account.OpenAsync();
        var (target, body) = byCode
            ? ("/v1/recovery", "{\"manifestAfter\":1}"u8.ToArray())
            : ("/v1/commits", TestAccount.ItemCommit(vault, account.Phone, [1]).Encode());
        var own = (byCode ? account.Code : account.Phone).Of(account.Id);
        using var forger = new Signer(own.KeyId, Party.Device().Signing);
        var created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        Dictionary<string, string> Sign(Signer by) => by.Headers(Host.Address, HttpMethod.Post, target, body, created)
            .ToDictionary(header => header.Name, header => header.Value);
        return new Sent(target, body, Sign(own), Sign(forger));
    }

    private async Task<string> ShapeAsync(Sent sent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Host.Address, sent.Target));
        request.Content = new ByteArrayContent(sent.Body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(
            sent.Target == "/v1/recovery" ? "application/json" : "application/cbor");
        foreach (var (name, value) in sent.Headers) request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await Host.Client.SendAsync(request);
        return await AnswerShape.OfAsync(answer);
    }

    // Each byte of what the headers hold, in a form that holds.
    private static IEnumerable<Dictionary<string, string>> Values(Dictionary<string, string> headers)
    {
        foreach (var name in new[] { "Signature", "Content-Digest" })
        {
            var text = headers[name].Split(':')[1];
            var bytes = Convert.FromBase64String(text);
            for (var at = 0; at < bytes.Length; at++)
                yield return Replaced(headers, name, text, Convert.ToBase64String(Flip(bytes, at)));
        }

        foreach (var text in headers["Signature-Input"].Split("keyid=\"")[1].Split('"')[0].Split('.'))
        {
            Assert.True(Base64UrlText.TryDecode(text, 16, out var id));
            for (var at = 0; at < id.Length; at++)
                yield return Replaced(headers, "Signature-Input", text, Base64UrlText.Encode(Flip(id, at)));
        }
    }

    private static Dictionary<string, string> Replaced(
        Dictionary<string, string> headers, string name, string old, string by) =>
        new(headers) { [name] = headers[name].Replace(old, by, StringComparison.Ordinal) };

    private static Dictionary<string, string> FlipCharacter(Dictionary<string, string> headers, string name, int at) =>
        new(headers) { [name] = Encoding.ASCII.GetString(Flip(Encoding.ASCII.GetBytes(headers[name]), at)) };

    private static byte[] Flip(byte[] bytes, int at)
    {
        var flipped = (byte[])bytes.Clone();
        flipped[at] ^= 1;
        return flipped;
    }

    private sealed record Sent(
        string Target, byte[] Body, Dictionary<string, string> Headers, Dictionary<string, string> Forged);
}
