using System.Net.Http.Headers;
using KeyRecovery.Protocol.Http;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Testing.Hosting;

/// <summary>
/// Sends whatever it is given with a device's signature: what a broken or malicious client does and the SDK never
/// would.
/// </summary>
public sealed class SignedUpload(TestDevice device)
{
    /// <summary>Sends, and fails the test unless the server takes it.</summary>
    public async Task SendAsync(HttpMethod method, string path, string contentType, byte[] body)
    {
        var (status, answer) = await TrySendAsync(method, path, contentType, body);
        if (status is < 200 or > 299) throw new InvalidOperationException(answer);
    }

    /// <summary>Sends, and gives the status and the body of the answer.</summary>
    public async Task<(int Status, string Answer)> TrySendAsync(
        HttpMethod method, string path, string contentType, byte[] body)
    {
        using var state = await device.Store.LoadAsync(default);
        using var signing = SigningKey.FromSeed(state!.SigningSeed.Span);
        using var http = new HttpClient(device.Relay, disposeHandler: false) { BaseAddress = device.Server };
        var digest = HttpSignature.ContentDigest(body);
        var (input, signature) = HttpSignature.Sign(
            signing, KeyId.OfDevice(state.Account, state.Device).ToString(), DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            new HttpRequestParts(method.Method, device.Server.Authority, path, "?", digest));
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TryAddWithoutValidation("Content-Digest", digest);
        request.Headers.TryAddWithoutValidation("Signature-Input", input);
        request.Headers.TryAddWithoutValidation("Signature", signature);
        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
