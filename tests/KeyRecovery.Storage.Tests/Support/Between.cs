namespace KeyRecovery.Storage.Tests.Support;

/// <summary>Stands before the network, and answers itself where a test says so.</summary>
public sealed class Between(HttpMessageHandler next, Func<HttpRequestMessage, HttpResponseMessage?> answer)
    : DelegatingHandler(next)
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken) =>
        answer(request) is { } made ? made : await base.SendAsync(request, cancellationToken);
}
