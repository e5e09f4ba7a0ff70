using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// A link session on a real relay, opened by a device's signature and claimed, whose requests are made ahead.
/// </summary>
internal sealed class PreparedLink
{
    /// <summary>Messages of one side.</summary>
    public const int Messages = 64;

    /// <summary>Sessions of one account at once.</summary>
    public const int PerAccount = 4;

    private readonly string _host;
    private readonly string _session = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(16));
    private readonly byte[] _existing = RandomNumberGenerator.GetBytes(32);
    private readonly byte[] _new = RandomNumberGenerator.GetBytes(32);

    private PreparedLink(string host) => _host = host;

    /// <summary>As many sessions as one account may have, each claimed.</summary>
    public static async Task<PreparedLink[]> OpenAsync(ServerProcess server, string subject)
    {
        using var device = await PreparedDevice.CreateAsync(server, subject);
        using var connection = await LoadConnection.OpenAsync(server.Address);
        var links = new PreparedLink[PerAccount];
        for (var i = 0; i < links.Length; i++)
        {
            var link = links[i] = new PreparedLink(server.Address.Authority);
            var token = RandomNumberGenerator.GetBytes(32);
            await connection.ExchangeAsync(
                device.OpenLink(link._session, Hash256.Of(token), Hash256.Of(link._existing)), 201);
            await connection.ExchangeAsync(link.Claim(token), 200);
        }
        return links;
    }

    /// <summary>A side writes its message of a number.</summary>
    public byte[] Put(char side, int number, byte[] message) => Request(
        "PUT", string.Create(CultureInfo.InvariantCulture, $"/{side}/{number}"), Bearer(side),
        "application/octet-stream", message);

    /// <summary>The other side waits for it, as long as it may.</summary>
    public byte[] Wait(char side, int number, string wait = "waitMs=25000") => Request(
        "GET", string.Create(CultureInfo.InvariantCulture, $"/{side}/{number}?{wait}"),
        Bearer(side == 'e' ? 'n' : 'e'), "", []);

    private byte[] Claim(byte[] token) => Request(
        "POST", "/claim", "", "application/json",
        JsonSerializer.SerializeToUtf8Bytes(
            new { joinToken = Base64UrlText.Encode(token), bearerHash = Hash256.Of(_new).ToString() }));

    private string Bearer(char side) =>
        $"Authorization: Link {Base64UrlText.Encode(side == 'e' ? _existing : _new)}\r\n";

    private byte[] Request(string method, string path, string headers, string contentType, byte[] body)
    {
        var head = $"{method} /v1/links/{_session}{path} HTTP/1.1\r\nHost: {_host}\r\n{headers}";
        if (contentType.Length != 0)
            head += string.Create(
                CultureInfo.InvariantCulture, $"Content-Type: {contentType}\r\nContent-Length: {body.Length}\r\n");
        return [.. Encoding.ASCII.GetBytes(head + "\r\n"), .. body];
    }
}
