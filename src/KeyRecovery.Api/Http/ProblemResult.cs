using System.Buffers;
using System.Globalization;
using System.Text.Json;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Api.Http;

/// <summary>
/// An answer that says no, as a problem document (RFC 9457). Every 401 carries <c>serverTime</c>, so that a client with
/// a wrong clock can sign again. Nothing of the request is repeated but the name of a field.
/// </summary>
/// <param name="Code">The row of the table.</param>
internal sealed record ProblemResult(ErrorCode Code) : IResult
{
    /// <summary>The field that breaks a rule, or the limit that is used up.</summary>
    public string? Field { get; init; }

    /// <summary>Why a store could not answer, for the metrics: the caller is not told.</summary>
    public StoreFault? Store { get; init; }

    /// <summary>When a repeat is welcome.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Writes further members, such as the current heads.</summary>
    public Action<Utf8JsonWriter>? Extensions { get; init; }

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var kind = Problems.Of(Code);
        var response = httpContext.Response;
        var body = new ArrayBufferWriter<byte>(256);
        Write(body, kind, httpContext.RequestServices.GetRequiredService<TimeProvider>());

        httpContext.Features.Set(this);
        response.StatusCode = kind.Status;
        response.ContentType = Problems.ContentType;
        response.ContentLength = body.WrittenCount;
        if (kind.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer, Signature";
        if (RetryAfter is { } wait)
            response.Headers.RetryAfter = ((long)Math.Ceiling(wait.TotalSeconds))
                .ToString(CultureInfo.InvariantCulture);
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }

    private void Write(IBufferWriter<byte> destination, ProblemKind kind, TimeProvider time)
    {
        using var writer = new Utf8JsonWriter(destination);
        writer.WriteStartObject();
        writer.WriteString("type", kind.Type);
        writer.WriteString("title", kind.Title);
        writer.WriteNumber("status", kind.Status);
        if (Field is not null) writer.WriteString("field", Field);
        if (kind.Status == StatusCodes.Status401Unauthorized)
            writer.WriteNumber("serverTime", time.GetUtcNow().ToUnixTimeSeconds());
        if (RetryAfter is { } wait) writer.WriteNumber("retryAfterMs", (long)Math.Ceiling(wait.TotalMilliseconds));
        Extensions?.Invoke(writer);
        writer.WriteEndObject();
    }
}
