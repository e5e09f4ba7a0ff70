using System.ComponentModel;
using System.Globalization;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// <c>/v1/links/{id}/{side}/{seq}</c>: the sealed messages of a link session, append-only on each side.
/// </summary>
internal static class LinkMessageEndpoints
{
    private const string IdIs = "The session's id, base64url, 22 characters.";
    private const string SideIs = "Whose message: e, the existing device, or n, the new one.";
    private const string SequenceIs = "The message's number on its side, 0 to 63.";

    public static void MapLinkMessages(this IEndpointRouteBuilder links)
    {
        links.MapPut("/{id}/{side}/{seq}", PutAsync)
            .WithName("putLinkMessage")
            .WithSummary("Append a message, or the same again")
            .WithMetadata(new BodyLimit(LinkLimits.MessageBytes), new NeedsLinkBearer())
            .Accepts<Binary>(CborBody.Octets)
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(
                ErrorCode.Malformed, ErrorCode.NotFound, ErrorCode.Conflict, ErrorCode.TooLarge,
                ErrorCode.UnsupportedMediaType,
                ErrorCode.LimitReached, ErrorCode.RateLimited, ErrorCode.Unavailable);
        links.MapGet("/{id}/{side}/{seq}", GetAsync)
            .WithName("getLinkMessage")
            .WithSummary("Read a message, or wait for it")
            .WithDescription(
                "With n/0, the existing device gets a header Peer-Network: the network that claimed the session, cut "
                + "to /24 or /48. "
                + "It is the server's word: it informs, and decides nothing.")
            .WithMetadata(new BodyLimit(0), new NeedsLinkBearer())
            .Produces<Binary>(StatusCodes.Status200OK, CborBody.Octets)
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(
                ErrorCode.Malformed, ErrorCode.NotFound, ErrorCode.LinkContested, ErrorCode.RateLimited,
                ErrorCode.Unavailable);
    }

    private static async Task<IResult> PutAsync(
        [Description(IdIs)] string id,
        [Description(SideIs)] string side,
        [Description(SequenceIs)] string seq,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (Read(id, side, context.Request) is not { } place) return new ProblemResult(ErrorCode.NotFound);
        if (Number(seq) is not { } sequence) return Malformed("seq");
        if (CborBody.RequireType(context.Request, CborBody.Octets) is { } wrongType) return wrongType;
        var message = await BodyReader.ReadAsync(context);
        return Answers.Of(
            await service.Links.PutAsync(
                place.Session, place.Bearer, place.Side, sequence, message, context.RequestAborted),
                _ => TypedResults.NoContent());
    }

    private static async Task<IResult> GetAsync(
        [Description(IdIs)] string id,
        [Description(SideIs)] string side,
        [Description(SequenceIs)] string seq,
        [Description("How long to wait for it, in milliseconds: 0, the default, to 25000.")] string? waitMs,
        HttpContext context,
        KeyRecoveryService service)
    {
        if (Read(id, side, context.Request) is not { } place) return new ProblemResult(ErrorCode.NotFound);
        if (Number(seq) is not { } sequence) return Malformed("seq");
        if (!QueryNumbers.TryRead(waitMs, out var wait, most: (ulong)LinkRelayLimits.MaxWait.TotalMilliseconds))
            return Malformed("waitMs");
        var outcome = await service.Links.GetAsync(
            place.Session, place.Bearer, place.Side, sequence, TimeSpan.FromMilliseconds(wait ?? 0),
            context.RequestAborted);
        return Answers.Of<LinkRead>(outcome, read =>
        {
            if (read is not LinkRead.Message message) return TypedResults.NoContent();
            if (message.PeerNetwork is { } network) context.Response.Headers[HeaderNames.PeerNetwork] = network;
            return TypedResults.Bytes(message.Bytes, CborBody.Octets);
        });
    }

    private static (LinkSessionId Session, LinkSide Side, byte[] Bearer)? Read(
        string id, string side, HttpRequest request)
    {
        if (!LinkSessionId.TryParse(id, out var session) || LinkBearer.Read(request) is not { } bearer) return null;
        return side switch
        {
            "e" => (session, LinkSide.Existing, bearer),
            "n" => (session, LinkSide.New, bearer),
            _ => null,
        };
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static ProblemResult Malformed(string field) => new(ErrorCode.Malformed) { Field = field };
}
