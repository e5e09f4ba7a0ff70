using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Threats.Routes;

/// <summary>One caller at one route, with what it names and what it shows of itself.</summary>
internal sealed class Visit(Scene scene, Callers caller, Aim aim)
{
    private static readonly Party _stranger = Party.Device();

    public Scene Scene => scene;

    public Callers Caller => caller;

    public Aim Aim => aim;

    /// <summary>What the request names.</summary>
    public Family Named => aim switch
    {
        Aim.Own => scene.Mine,
        Aim.Other or Aim.Foreign => scene.Other,
        _ => scene.Absent,
    };

    /// <summary>Whose bodies say they are: the caller where it signs, else the named account's phone.</summary>
    public Party Author => Signing is { } party && aim is not (Aim.Other or Aim.Absent) ? party : Named.Account.Phone;

    /// <summary>The caller's own key, where a body is signed by a key that no account has.</summary>
    public SigningKey KeyOr(SigningKey held) => caller == Callers.Holder ? held : (Signing ?? _stranger).Signing;

    /// <summary>The token of a caller, to put beside.</summary>
    public string? Bearer => caller switch
    {
        Callers.Token => scene.Token,
        Callers.OtherToken => scene.OtherToken,
        Callers.Operator => scene.Operator,
        Callers.OtherOperator => scene.OtherOperator,
        _ => null,
    };

    private Party? Signing => caller switch
    {
        Callers.Device => scene.Mine.Account.Phone,
        Callers.Young => scene.Mine.Young,
        Callers.Removed => scene.Mine.Removed,
        Callers.Code => scene.Mine.Account.Code,
        _ => null,
    };

    /// <summary>The request with the caller's signature or token, or with neither.</summary>
    public HttpRequestMessage Send(
        HttpMethod method, string target, byte[]? body = null, string type = "application/cbor")
    {
        if (Signing is { } party)
        {
            var claimed = aim is Aim.Own or Aim.Foreign or Aim.Missing ? scene.Mine : Named;
            var id = caller == Callers.Code ? KeyId.OfSlot(claimed.Code) : KeyId.OfDevice(claimed.Id, party.Id);
            return new Signer(id, party.Signing).Request(scene.Host.Address, method, target, body, type);
        }

        var request = new HttpRequestMessage(method, target);
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
        if (Bearer is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    /// <summary>The same with a JSON body.</summary>
    public HttpRequestMessage Send(HttpMethod method, string target, object body) =>
        Send(method, target, JsonSerializer.SerializeToUtf8Bytes(body), "application/json");

    /// <summary>The same, with the bearer of the caller's own link session where the caller is its holder.</summary>
    public HttpRequestMessage SendLinked(HttpMethod method, string target, byte[]? body = null)
    {
        var request = Send(method, target, body, "application/octet-stream");
        if (caller == Callers.Holder)
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Link", Base64UrlText.Encode(scene.Mine.Session.Existing));
        return request;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{caller} {aim}";
}
