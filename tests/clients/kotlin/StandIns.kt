// Stand-ins for what the guide's snippets use of Android, of Firebase and of the app itself, with the
// signatures of their references: what the compiler cannot have here.
@file:Suppress("UNUSED_PARAMETER")

// android.app, android.content, android.media, android.net
const val IMPORTANCE_LOW = 2
const val IMPORTANCE_DEFAULT = 3
const val IMPORTANCE_HIGH = 4

class Uri
class AudioAttributes

abstract class Context {
    abstract fun <T> getSystemService(serviceClass: Class<T>): T
    abstract fun getString(resId: Int): String
}

class NotificationChannel(id: String, name: CharSequence, importance: Int) {
    fun setSound(sound: Uri?, audioAttributes: AudioAttributes?) = Unit
    fun enableVibration(vibration: Boolean) = Unit
}

abstract class NotificationManager {
    abstract fun createNotificationChannels(channels: List<NotificationChannel>)
}

// com.google.firebase.messaging
class RemoteMessage(val data: Map<String, String>)

abstract class FirebaseMessagingService {
    open fun onMessageReceived(message: RemoteMessage) = Unit
    open fun onNewToken(token: String) = Unit
}

// The app
object R {
    object string {
        const val breaking = 1
        const val news = 2
        const val corrections = 3
        const val silent = 4
    }
}

fun confirm(nonce: String) = Unit
fun replaceIfShown(tag: String, data: Map<String, String>) = Unit
fun show(message: RemoteMessage) = Unit
fun tellServer(token: String) = Unit
