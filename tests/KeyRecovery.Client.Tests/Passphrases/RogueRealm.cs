using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>
/// A realm of a dishonest operator: it has real keys, which an app has pinned, registers shares like any other, and
/// lies as it is told. No honest server can be made to do that, so it answers from inside the device's own HTTP stack.
/// </summary>
internal sealed class RogueRealm : IDisposable
{
    private readonly SigningKey _signing = SigningKey.FromSeed(Random());
    private readonly KemPrivateKey _kem = KemPrivateKey.FromSeed(Random());
    private RealmRegistration? _registered;

    public RogueRealm() => Identity = new RealmIdentity(_signing.PublicKey, _kem.PublicKey);

    public static Uri Address { get; } = new("http://rogue.test");

    public RealmIdentity Identity { get; }

    /// <summary>How it lies about a guess; null while it is honest.</summary>
    public Func<RogueRealm, RealmEvaluate, RealmStatus, byte[]>? Lie { get; set; }

    /// <summary>How it lies about how it stands; null while it is honest.</summary>
    public Func<RealmStatus, RealmStatus>? Status { get; set; }

    /// <summary>What it says of itself.</summary>
    public RealmIdentity? Pretends { get; set; }

    /// <summary>An answer in place of the network's, where the request is for this realm.</summary>
    public HttpResponseMessage? Answer(HttpRequestMessage request, byte[] body)
    {
        if (request.RequestUri!.Host != Address.Host) return null;
        return request.RequestUri.AbsolutePath switch
        {
            "/v1/realm" => Json(Pretends ?? Identity),
            "/v1/realm/register" => Register(body),
            "/v1/realm/evaluate" => Evaluate(body),
            "/v1/realm/reset" => Cbor(Of(RealmReset.Decode(body).Slot, body).Sign(_signing)),
            "/v1/realm/manage" => Cbor(Sign((Status ?? (honest => honest))(Of(RealmManage.Decode(body).Slot, body)))),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };
    }

    public byte[] Sign(RealmStatus status) => status.Sign(_signing);

    /// <summary>An answer of a realm that knows the account's chain.</summary>
    public byte[] Tell(RealmStatus honest, RealmHeads heads) => Sign(honest with
    {
        Told = new RealmSlotTold(1, _registered!.Share.PublicKey, _registered.SigningKey, heads),
    });

    /// <summary>An answer whose evaluated element is whatever bytes.</summary>
    public byte[] SignElement(RealmStatus honest, byte[] element)
    {
        var body = new CborOut().Array(15).Text("keyrecovery/v1/realm-status").UInt(1)
            .Bytes(honest.Realm).Bytes(honest.Slot).Bytes(honest.Request).UInt((ulong)honest.State)
            .UInt((ulong)honest.GuessesLeft)
            .UInt(0).UInt(0).UInt(0).UInt(0).Bytes([]).Bytes(element).Bytes(honest.Evaluation!.Proof.ToArray())
            .Array(0).ToArray();
        return new CborOut().Array(2).Bytes(body).Bytes(_signing.Sign(SignatureLabel.RealmStatus, body)).ToArray();
    }

    /// <summary>Evaluates with its share, or with another.</summary>
    public OprfEvaluation Evaluate(OprfElement blinded, OprfScalar? other = null)
    {
        var share = other ?? _registered!.Share;
        return OprfServer.Evaluate(share, share.PublicKey, blinded, SystemRandom.Instance);
    }

    public void Dispose()
    {
        _registered?.Dispose();
        _signing.Dispose();
        _kem.Dispose();
    }

    private HttpResponseMessage Register(byte[] body)
    {
        _registered?.Dispose();
        try
        {
            _registered = RealmRegistration.Open(body, Identity, _kem);
        }
        catch (WireFormatException)
        {
            // It was told of no home: it knows no chain.
            return new HttpResponseMessage(HttpStatusCode.UnprocessableEntity)
            {
                Content = new StringContent(
                    $$"""{"type":"{{ProblemTypes.Prefix}}{{ProblemTypes.Refused}}","title":"no","field":"head"}"""),
            };
        }
        return Cbor(Of(_registered.Slot, body).Sign(_signing));
    }

    private HttpResponseMessage Evaluate(byte[] body)
    {
        var guess = RealmEvaluate.Decode(body);
        var honest = Of(guess.Slot, body) with { Evaluation = Evaluate(guess.Blinded) };
        return Cbor(Lie is null ? honest.Sign(_signing) : Lie(this, guess, honest));
    }

    private RealmStatus Of(AuthorityId slot, byte[] request) => new()
    {
        Realm = Identity.Fingerprint, Slot = slot, Request = Hash256.Of(request), State = RealmSlotState.Live,
        GuessesLeft = 10, NextAttemptInMs = 0, Round = 0, Version = 1,
    };

    private static HttpResponseMessage Json(RealmIdentity identity) => new(HttpStatusCode.OK)
    {
        Content = new StringContent(JsonSerializer.Serialize(new
        {
            fingerprint = identity.Fingerprint.ToString(), signingKey = identity.SigningKey.ToString(),
            kemKey = Base64UrlText.Encode(identity.KemKey.Span),
        })),
    };

    private static HttpResponseMessage Cbor(byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/cbor");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    internal static byte[] Random()
    {
        var bytes = new byte[32];
        SystemRandom.Instance.Fill(bytes);
        return bytes;
    }
}
