using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

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

    // Until it is told one: nobody's.
    private SignedHead _head =
        TestHome.Sign(new AccountHead(default, default, new ManifestPlace(1, default), default, 1));

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
            "/v1/realm/command" => Command(body),
            "/v1/realm/follow" => Follow(body),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };
    }

    public byte[] Sign(RealmStatus status) => status.Sign(_signing);

    /// <summary>An answer with other heads.</summary>
    public byte[] Tell(RealmStatus honest, RealmHeads heads) =>
        Sign(honest with { Told = honest.Told with { Heads = heads } });

    /// <summary>What it tells of a slot of a share key.</summary>
    public RealmSlotTold Told(OprfElement shareKey) => new(
        1, shareKey, _registered?.SigningKey ?? Identity.SigningKey, new RealmHeads(_head, []));

    /// <summary>An answer whose evaluated element is whatever bytes.</summary>
    public byte[] SignElement(RealmStatus honest, byte[] element)
    {
        var signed = new CborIn(honest.Sign(_signing));
        signed.Array(2);
        var body = signed.Bytes(1, RealmLimits.AnswerBytes);
        element.CopyTo(body, body.AsSpan().IndexOf(honest.Evaluation!.Evaluated.ToArray()));
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
        var register = RealmRegister.Decode(body);
        _registered?.Dispose();
        (_registered, _head) = (register.Open(Identity, _kem), register.Head);
        return Cbor(Of(register.Slot, body).Sign(_signing));
    }

    private HttpResponseMessage Follow(byte[] body)
    {
        _head = RealmFollow.Decode(body).Head;
        return Cbor(new RealmHeadAnswer(
            Identity.Fingerprint, Hash256.Of(body), new RealmHeads(_head, [])).Sign(_signing));
    }

    private HttpResponseMessage Command(byte[] body)
    {
        var command = RealmCommand.Decode(body);
        _head = command.Head;
        return Cbor(Sign((Status ?? (honest => honest))(Of(command.Slot, body))));
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
        GuessesLeft = 10, NextAttemptInMs = 0, Round = 0,
        Told = Told(_registered!.Share.PublicKey),
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
