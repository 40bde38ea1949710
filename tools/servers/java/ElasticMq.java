import java.time.Duration;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.pattern.Patterns;
import org.elasticmq.NodeAddress;
import org.elasticmq.StrictSQSLimits$;
import org.elasticmq.actor.QueueManagerActor;
import org.elasticmq.actor.queue.QueueEvent;
import org.elasticmq.persistence.sql.SqlQueuePersistenceActor;
import org.elasticmq.persistence.sql.SqlQueuePersistenceConfig;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import org.elasticmq.util.NowProvider;

/**
 * Serves ElasticMQ on the port given as the first argument until the process is killed. With a second argument, the path of a database, it keeps queues and
 * messages there, and serves what it finds in it.
 */
public class ElasticMq {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    NodeAddress address = new NodeAddress("http", "127.0.0.1", port, "");
    ActorSystem system = ActorSystem.create("elasticmq");
    scala.Option<ActorRef> store = args.length < 2 ? scala.Option.empty() : scala.Option.apply(system.actorOf(storeIn(args[1])));
    ActorRef queues = system.actorOf(Props.create(QueueManagerActor.class, new NowProvider(), StrictSQSLimits$.MODULE$, store));
    if (store.isDefined()) Patterns.ask(store.get(), new QueueEvent.Restore(queues), Duration.ofSeconds(30)).toCompletableFuture().get();
    var builder = SQSRestServerBuilder.withActorSystem(system).withQueueManagerActor(queues);
    if (store.isDefined()) builder = builder.withQueueEventListener(store.get());
    builder.withInterface("127.0.0.1").withPort(port).withServerAddress(address).start().waitUntilStarted();
    Thread.currentThread().join();
  }

  /** WRITE_DELAY=0: what was written is on disk before the next call. */
  private static Props storeIn(String path) {
    var config = new SqlQueuePersistenceConfig(true, "org.h2.Driver", "jdbc:h2:" + path + ";WRITE_DELAY=0", "", "", false);
    return Props.create(SqlQueuePersistenceActor.class, config, scala.collection.immutable.List$.MODULE$.empty());
  }
}
