using System.Text.Json;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// A JSON body as a handler's parameter. It is collected before it is read: a body that is refused half-way through the
/// framework's own reader takes its connection along. A signed request's body is the one that was verified.
/// </summary>
/// <param name="Value">What was sent.</param>
internal sealed record JsonBody<T>(T Value)
    where T : class
{
    /// <exception cref="BadHttpRequestException">Not JSON, not of this shape, or longer than the route
    /// allows.</exception>
    public static async ValueTask<JsonBody<T>?> BindAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType()) throw Refused(StatusCodes.Status415UnsupportedMediaType);
        var bytes = context.Features.Get<SignedRequest>()?.Body ?? await BodyReader.ReadAsync(context);
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, options) is { } value
                ? new JsonBody<T>(value)
                : throw Refused(StatusCodes.Status400BadRequest);
        }
        catch (JsonException malformed)
        {
            throw Refused(StatusCodes.Status400BadRequest, malformed);
        }
    }

    private static BadHttpRequestException Refused(int status, Exception? cause = null) =>
        new("refused", status, cause!);
}
